import { createHash } from "node:crypto";
import { type CustomImage, imageBuildNameOf, type LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { type Client, keyOf } from "../../../client/index.ts";
import { Bell, nowMicro } from "../../runtime/index.ts";
import type { Environment } from "../engine/config.ts";
import { Engine, splitTag } from "../engine/engine.ts";
import { ImageFailure } from "../failure.ts";
import { clusterNameOf, localNameOf, publish, type Publishing, refsFor, tagOf } from "../publish.ts";
import type { Made, Make, Order, Outcome } from "../work.ts";
import { environmentOf, expectedRefOf, provisionalTagOf } from "./environment.ts";
import { endProcess, ownerOfProcess, processOf, processSpecOf, startProcess } from "./process.ts";
import { clearRefFile, readRefFile, refFileOf } from "./reffile.ts";
import { type Asked, type End, endOf, errorOf, isActive } from "./run.ts";

/** Has a command of the user's build. */
export class CustomMaker {
  readonly #client: Client;
  readonly #env: Environment;
  readonly #presented: Publishing["presented"];
  /** Rings at a change of the process of an image, by the key of the image. */
  readonly #bells = new Map<string, Bell>();
  readonly #closing = new AbortController();

  constructor(client: Client, { env, presented }: Publishing) {
    this.#client = client;
    this.#env = env;
    this.#presented = presented;
  }

  /** Nobody waits for a command any more. */
  close(): void {
    this.#closing.abort();
  }

  /** The process of an image has changed. This wakes nobody else. */
  note(process: LocalProcess): [] {
    for (const name of ownerOfProcess(process)) this.#bells.get(keyOf(name))?.ring();
    return [];
  }

  readonly make: Make<CustomImage> = async (order) => {
    const { object, images, before } = order;
    const bases = images.map(({ digest }) => digest);
    const inputs = inputsOf(object.spec, bases);
    if (before?.refs && (await this.#isBuilt(order, inputs))) {
      await this.#tidy(order);
      return { made: { ...before, refs: before.refs, inputs }, isUnchanged: true };
    }
    await order.report.begin();
    try {
      const ref = (await this.#unpublished(order, inputs)) ?? (await this.#build(order));
      return await this.#take(order, { inputs, ref });
    } finally {
      await this.#tidy(order);
    }
  };

  /** What is elsewhere is not looked for: it is there if the command has said so. */
  async #isBuilt({ before, isForced, object, signal }: Order<CustomImage>, inputs: string): Promise<boolean> {
    if (isForced || !before?.refs || before.inputs !== inputs) return false;
    if (object.spec.skipsLocalDocker) return true;
    const engine = await Engine.open(this.#env);
    return (await engine.inspect(before.refs.local, signal))?.Id === before.digest;
  }

  /** The reference of what has been built and only could not be pushed, if it is still there. */
  async #unpublished(order: Order<CustomImage>, inputs: string): Promise<string | undefined> {
    const { before, isForced, object, root, signal } = order;
    if (isForced || before?.digest === undefined || before.refs || before.inputs !== inputs) return undefined;
    const refFile = refFileOf(object.spec, root);
    const ref = refFile === undefined ? before.digest : await readRefFile(refFile).catch(() => undefined);
    if (ref === undefined) return undefined;
    const engine = await Engine.open(this.#env);
    return (await engine.inspect(ref, signal))?.Id === before.digest ? ref : undefined;
  }

  /** Names under which its command was to make an image are names for a moment, also if that was before a crash. */
  async #tidy({ object: { spec, metadata } }: Order<CustomImage>): Promise<void> {
    if (spec.tag !== undefined || spec.skipsLocalDocker || this.#closing.signal.aborted) return;
    const prefix = `${localNameOf(spec.refs)}:${provisionalTagOf(metadata)}`;
    const signal = AbortSignal.any([AbortSignal.timeout(TIDY_MS), this.#closing.signal]);
    try {
      const engine = await Engine.open(this.#env);
      const names = (await engine.named(`${prefix}*`, signal)).flatMap(({ names }) => names);
      for (const name of names) if (name.startsWith(prefix)) await engine.untag(name, signal);
    } catch {
      // The next build tidies up; what came of this one is told already.
    }
  }

  /** Runs the command. @returns the reference that it made. */
  async #build(order: Order<CustomImage>): Promise<string> {
    const { object, images, cause, root } = order;
    const expected = expectedRefOf(object, Date.now());
    const refFile = refFileOf(object.spec, root);
    if (refFile !== undefined) await clearRefFile(refFile);
    const spec = processSpecOf(object, environmentOf(object.spec, expected, images));
    // What was asked of it before a crash would be taken for done.
    const anew = { ...cause, time: nowMicro() };
    const end = await this.#ended(order, await startProcess(this.#client, object, { spec, cause: anew }));
    if ("interference" in end) throw interferedWith(object, end.interference);
    if (end.process.status?.state === "Failed") {
      const message = await errorOf(this.#client, end.process);
      throw new ImageFailure({ reason: "CommandFailed", message });
    }
    return refFile === undefined ? expected : readRefFile(refFile);
  }

  async #ended(order: Order<CustomImage>, asked: Asked): Promise<End> {
    const { namespace = "", name } = order.object.metadata;
    const [key, bell] = [keyOf({ namespace, name }), new Bell()];
    this.#bells.set(key, bell);
    try {
      return await this.#waitFor(order, asked, bell);
    } finally {
      this.#bells.delete(key);
    }
  }

  async #waitFor({ object, cause, signal }: Order<CustomImage>, asked: Asked, bell: Bell): Promise<End> {
    for (let isAsked = false; ;) {
      const process = await processOf(this.#client, object);
      const end = endOf(process, asked);
      if (end && !isAsked) return end;
      // Who cancels has the command end first; when tiltish ends, others see to that.
      if (this.#closing.signal.aborted || (signal.aborted && !(signal.reason instanceof ImageFailure)))
        throw CLOSED;
      if (isAsked && (!process || !isActive(process))) throw signal.reason;
      if (!signal.aborted || isAsked) {
        await bell.wait(Infinity, isAsked ? this.#closing.signal : signal);
        continue;
      }
      isAsked = true;
      await endProcess(this.#client, object, { ...cause, time: nowMicro() });
    }
  }

  async #take(order: Order<CustomImage>, { inputs, ref }: { inputs: string; ref: string }): Promise<Outcome> {
    const { object, signal, report } = order;
    const { spec } = object;
    const names = namesOf(spec.refs, ref);
    if (spec.skipsLocalDocker) {
      return { made: { inputs, refs: names, tag: splitTag(ref).tag }, isUnchanged: false };
    }
    const engine = await Engine.open(this.#env);
    const digest = (await engine.inspect(ref, signal))?.Id;
    if (digest === undefined) throw imageMissing(ref, spec);
    // A reference that the command has chosen itself is used as it is.
    const refs = spec.outputsImageRefTo === undefined ? refsFor(spec.refs, digest) : names;
    const tag = spec.outputsImageRefTo === undefined ? tagOf(digest) : splitTag(ref).tag;
    report.built({ inputs, digest, tag });
    const push = spec.disablePush ? "Never" : "Auto";
    const [env, presented] = [this.#env, this.#presented];
    await publish({ engine, digest, refs, push, env, presented, signal, report });
    return { made: { inputs, digest, tag, refs }, isUnchanged: false };
  }
}

const TIDY_MS = 5_000;

const CLOSED = new Error("tiltish ends");

/** The reference as the command made it, and the same where the cluster finds it. */
function namesOf(refs: CustomImage["spec"]["refs"], ref: string): Made["refs"] {
  const { repository, tag } = splitTag(ref);
  return { local: ref, cluster: repository === localNameOf(refs) ? `${clusterNameOf(refs)}:${tag}` : ref };
}

function interferedWith({ metadata: { name } }: CustomImage, how: string): ImageFailure {
  const process = `LocalProcess/${imageBuildNameOf(name)}`;
  const message = `the command has not ended by itself: ${process} was ${how} by hand; tiltish trigger ${name} runs it again`;
  return new ImageFailure({ reason: "CommandFailed", message });
}

function imageMissing(ref: string, { outputsImageRefTo, tag }: CustomImage["spec"]): ImageFailure {
  const where = outputsImageRefTo === undefined ? "" : `, which it wrote into ${outputsImageRefTo}`;
  const remedy =
    outputsImageRefTo === undefined && tag === undefined
      ? "have the command tag it as $EXPECTED_REF, or set spec.tag or spec.outputsImageRefTo"
      : "see under which name the command makes it";
  const message = `the command has ended well, but the engine has no image ${ref}${where}; ${remedy}; set spec.skipsLocalDocker if it is pushed elsewhere`;
  return new ImageFailure({ reason: "ImageMissing", message });
}

function inputsOf(spec: CustomImage["spec"], bases: readonly string[]): string {
  const { triggerMode: _, restartOn: __, dependsOn: ___, disabled: ____, imageRefs: _____, ...own } = spec;
  return createHash("sha256")
    .update(JSON.stringify([own, bases]))
    .digest("hex");
}
