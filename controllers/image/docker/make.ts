import type { NamespacedName } from "../../../apis/meta.ts";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { Environment } from "../engine/config.ts";
import { Engine } from "../engine/engine.ts";
import { publish, type Publishing, refsFor, tagOf } from "../publish.ts";
import type { Make, Order, Outcome } from "../work.ts";
import { buildImage } from "./build.ts";
import { type Context, readContext } from "./context.ts";
import { inputsOf } from "./inputs.ts";
import { LiveUpdates } from "./live.ts";
import { TreeDigest } from "./tree.ts";

/** Builds from a context and a Dockerfile, unless containers can be updated instead. */
export class DockerMaker {
  readonly #env: Environment;
  /** What the files of a context hold, by the uid of the object. */
  readonly #digests = new Map<string, TreeDigest>();
  readonly #presented: Publishing["presented"];
  readonly live: LiveUpdates;

  /** @param wake - Called when there is something new about an image. */
  constructor({ env, presented }: Publishing, wake: (request: NamespacedName) => void) {
    this.#env = env;
    this.#presented = presented;
    this.live = new LiveUpdates(wake);
  }

  async forget(uid: string): Promise<void> {
    this.#digests.delete(uid);
    await this.live.forget(uid);
  }

  readonly make: Make<DockerImage> = async (order) => {
    const { object, images, root, before } = order;
    const context = await readContext(object.spec, root, { images, digests: this.#digestsOf(object) });
    const inputs = inputsOf(object.spec, context, images);
    const engine = await Engine.open(this.#env);
    const present = { engine, context, inputs };
    const isBuilt = await this.#isBuilt(engine, order, inputs.all);
    if (isBuilt && before?.refs) {
      await this.live.built(order, present, before.digest!);
      return { made: { ...before, refs: before.refs }, isUnchanged: true };
    }
    // The image stays what it is: should tiltish end, the next one builds what the containers have.
    if (await this.live.update(order, present))
      return { made: { ...before!, refs: before!.refs! }, isUnchanged: true };
    await order.report.begin();
    const digest = isBuilt ? before!.digest! : await this.#build(engine, order, context);
    const outcome = await this.#publish(engine, order, { inputs: inputs.all, digest });
    await this.live.built(order, present, digest);
    return outcome;
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
    const [env, presented] = [this.#env, this.#presented];
    await publish({ engine, digest, refs, extraTags, push, env, presented, signal, report });
    return { made: { inputs, digest, tag, refs }, isUnchanged: false };
  }
}
