import { createHash } from "node:crypto";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { ImageResult } from "../../runtime/index.ts";
import type { Environment } from "../engine/config.ts";
import { Engine } from "../engine/engine.ts";
import { publish, refsFor, tagOf } from "../publish.ts";
import type { Make, Order, Outcome } from "../work.ts";
import { buildImage } from "./build.ts";
import { type Context, readContext } from "./context.ts";
import { TreeDigest } from "./tree.ts";

/** Builds from a context and a Dockerfile. */
export class DockerMaker {
  readonly #env: Environment;
  /** What the files of a context hold, by the uid of the object. */
  readonly #digests = new Map<string, TreeDigest>();

  constructor(env: Environment) {
    this.#env = env;
  }

  forget(uid: string): void {
    this.#digests.delete(uid);
  }

  readonly make: Make<DockerImage> = async (order) => {
    const { object, images, root } = order;
    const context = await readContext(object.spec, root, { images, digests: this.#digestsOf(object) });
    const inputs = inputsOf(object.spec, context, images);
    const engine = await Engine.open(this.#env);
    const isBuilt = await this.#isBuilt(engine, order, inputs);
    const { before } = order;
    if (isBuilt && before?.refs) {
      return { made: { ...before, refs: before.refs, inputs }, isUnchanged: true };
    }
    await order.report.begin();
    const digest = isBuilt ? before!.digest! : await this.#build(engine, order, context);
    return this.#publish(engine, order, { inputs, digest });
  };

  #digestsOf({ metadata: { uid = "" } }: DockerImage): TreeDigest {
    const digests = this.#digests.get(uid) ?? new TreeDigest();
    this.#digests.set(uid, digests);
    return digests;
  }

  /** Whether the engine has what would be built now. */
  async #isBuilt(engine: Engine, { before, isForced, signal }: Order, inputs: string): Promise<boolean> {
    if (isForced || before?.digest === undefined || before.inputs !== inputs) return false;
    const found = await engine.inspect(before.refs?.local ?? before.digest, signal);
    return found?.Id === before.digest;
  }

  #build(engine: Engine, order: Order<DockerImage>, context: Context): Promise<string> {
    const { object, images, root, signal, report } = order;
    return buildImage({
      engine,
      spec: object.spec,
      context,
      images,
      root,
      env: this.#env,
      signal,
      log: report.log,
      onStages: report.stages,
    });
  }

  async #publish(
    engine: Engine,
    { object, signal, report }: Order<DockerImage>,
    { inputs, digest }: { inputs: string; digest: string },
  ): Promise<Outcome> {
    const { extraTags, push, refs: names } = object.spec;
    const refs = refsFor(names, digest);
    const tag = tagOf(digest);
    report.built({ inputs, digest, tag });
    await publish({ engine, digest, refs, extraTags, push, env: this.#env, signal, report });
    return { made: { inputs, digest, tag, refs }, isUnchanged: false };
  }
}

/** Of all that decides what the image holds and is called. Secrets do not: BuildKit leaves them out as well. */
function inputsOf(spec: DockerImage["spec"], { digest }: Context, images: readonly ImageResult[]): string {
  const { triggerMode: _, restartOn: __, dependsOn: ___, disabled: ____, imageRefs: _____, ...own } = spec;
  const bases = images.map((image) => image.digest);
  return createHash("sha256")
    .update(JSON.stringify([digest, sorted(own), bases]))
    .digest("hex");
}

/** The order in which fields were given says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
