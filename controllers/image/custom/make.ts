import { createHash } from "node:crypto";
import type { Cause, CustomImage, LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { type Client, keyOf } from "../../../client/index.ts";
import { nowMicro } from "../../runtime/index.ts";
import type { Environment } from "../engine/config.ts";
import { Engine, splitTag } from "../engine/engine.ts";
import { ImageFailure } from "../failure.ts";
import { clusterNameOf, localNameOf, publish, refsFor, tagOf } from "../publish.ts";
import type { Made, Make, Order, Outcome } from "../work.ts";
import { environmentOf, expectedRefOf } from "./environment.ts";
import { endProcess, errorOf, isActive, isOver, processOf, processSpecOf, startProcess } from "./process.ts";
import { clearRefFile, readRefFile, refFileOf } from "./reffile.ts";

/** Has a command of the user's build. */
export class CustomMaker {
  readonly #client: Client;
  readonly #env: Environment;
  /** Who waits for a change of the process of an image, by the key of the image. */
  readonly #waiting = new Map<string, () => void>();

  #isClosed = false;

  constructor(client: Client, env: Environment) {
    this.#client = client;
    this.#env = env;
  }

  /** Nobody waits for a command any more. */
  close(): void {
    this.#isClosed = true;
    for (const wake of this.#waiting.values()) wake();
  }

  /** Something about the image or its process has changed. */
  nudge(key: string): void {
    this.#waiting.get(key)?.();
  }

  readonly make: Make<CustomImage> = async (order) => {
    const { object, images, report } = order;
    const inputs = inputsOf(
      object.spec,
      images.map(({ digest }) => digest),
    );
    const { before } = order;
    if (before?.refs && (await this.#isBuilt(order, inputs))) {
      return { made: { ...before, refs: before.refs, inputs }, isUnchanged: true };
    }
    await report.begin();
    const ref = await this.#build(order);
    return this.#take(order, { inputs, ref });
  };

  /** What is elsewhere is not looked for: it is there if the command has said so. */
  async #isBuilt({ before, isForced, object, signal }: Order<CustomImage>, inputs: string): Promise<boolean> {
    if (isForced || !before?.refs || before.inputs !== inputs) return false;
    if (object.spec.skipsLocalDocker) return true;
    const engine = await Engine.open(this.#env);
    return (await engine.inspect(before.refs.local, signal))?.Id === before.digest;
  }

  /** Runs the command. @returns the reference that it made. */
  async #build({ object, images, cause, root, signal }: Order<CustomImage>): Promise<string> {
    const expected = expectedRefOf(object.spec, Date.now());
    const refFile = refFileOf(object.spec, root);
    if (refFile !== undefined) await clearRefFile(refFile);
    const spec = processSpecOf(object, environmentOf(object.spec, expected, images));
    await startProcess(this.#client, object, { spec, cause });
    const process = await this.#ended(object, cause, signal);
    if (process.status?.state === "Failed") {
      throw new ImageFailure({ reason: "CommandFailed", message: await errorOf(this.#client, process) });
    }
    return refFile === undefined ? expected : readRefFile(refFile);
  }

  async #ended(object: CustomImage, cause: Cause, signal: AbortSignal): Promise<LocalProcess> {
    for (let isAsked = false; ;) {
      const changed = this.#changeOf(object, isAsked ? undefined : signal);
      const process = await processOf(this.#client, object);
      if (process && isOver(process, cause)) return process;
      // Who cancels has the command end first; when tiltish ends, others see to that.
      if (this.#isClosed || (signal.aborted && !(signal.reason instanceof ImageFailure))) throw CLOSED;
      if (isAsked && (!process || !isActive(process))) throw signal.reason;
      if (!signal.aborted || isAsked) await changed;
      else {
        isAsked = true;
        await endProcess(this.#client, object, { ...cause, time: nowMicro() });
      }
    }
  }

  /** Asked for before one looks, so that nothing is missed in between. */
  #changeOf({ metadata: { namespace = "", name } }: CustomImage, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(keyOf({ namespace, name }), resolve);
      if (signal?.aborted) resolve();
      else signal?.addEventListener("abort", () => resolve(), { once: true });
    });
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
    await publish({ engine, digest, refs, push, env: this.#env, signal, report });
    return { made: { inputs, digest, tag, refs }, isUnchanged: false };
  }
}

const CLOSED = new Error("tiltish ends");

/** The reference as the command made it, and the same where the cluster finds it. */
function namesOf(refs: CustomImage["spec"]["refs"], ref: string): Made["refs"] {
  const { repository, tag } = splitTag(ref);
  return { local: ref, cluster: repository === localNameOf(refs) ? `${clusterNameOf(refs)}:${tag}` : ref };
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
