import type { NamespacedName } from "../../../apis/meta.ts";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import type { Environment } from "../engine/config.ts";
import { Engine } from "../engine/engine.ts";
import { publish, type Publishing, refsFor, tagOf } from "../publish.ts";
import type { Make, Order, Outcome } from "../work.ts";
import { buildImage } from "./build.ts";
import { whileChanging } from "./changing.ts";
import { readContext } from "./context.ts";
import { inputsOf } from "./inputs.ts";
import { LiveUpdates, type Present } from "./live.ts";
import { TreeDigest } from "./tree.ts";

interface Built {
  present: Present;
  digest: string;
}

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
    const { before, report } = order;
    const engine = await Engine.open(this.#env);
    const { present, isBuilt, isUpdated } = await whileChanging(order.signal, () =>
      this.#withoutBuild(engine, order),
    );
    if (isBuilt && before?.refs) {
      await this.live.built(order, present, before.digest!);
      return { made: { ...before, refs: before.refs }, isUnchanged: true };
    }
    // The image stays what it is: should tiltish end, the next one builds what the containers have.
    if (isUpdated) return { made: { ...before!, refs: before!.refs! }, isUnchanged: true };
    if (order.refused?.inputs === present.inputs.all) throw order.refused.failure;
    await report.begin();
    const built = isBuilt ? { present, digest: before!.digest! } : await this.#build(engine, order);
    const outcome = await this.#publish(engine, order, built);
    await this.live.built(order, built.present, built.digest);
    return outcome;
  };

  /** Looks, and brings containers into step where that is all there is to do. @throws UnsettledError, to look again */
  async #withoutBuild(engine: Engine, order: Order<DockerImage>) {
    const present = await this.#look(engine, order);
    const isBuilt = await this.#isBuilt(engine, order, present.inputs.all);
    const isUpdated = !(isBuilt && order.before?.refs) && (await this.live.update(order, present));
    return { present, isBuilt, isUpdated };
  }

  async #look(engine: Engine, { object, images, root, signal }: Order<DockerImage>): Promise<Present> {
    const digests = this.#digestsOf(object);
    const context = await readContext(object.spec, { root, images, digests, signal });
    return { engine, context, inputs: inputsOf(object.spec, context, images) };
  }

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

  /** From what there is now: it may have waited for its turn. The image holds what its inputs say, or there is none. */
  #build(engine: Engine, order: Order<DockerImage>): Promise<Built> {
    const { object, images, root, signal, report } = order;
    return whileChanging(signal, async () => {
      const present = await this.#look(engine, order);
      report.trying(present.inputs.all);
      const digest = await buildImage({
        engine,
        spec: object.spec,
        context: present.context,
        images,
        root,
        env: this.#env,
        signal,
        log: report.log,
        onStages: report.stages,
      });
      return { present, digest };
    });
  }

  async #publish(
    engine: Engine,
    { object, signal, report }: Order<DockerImage>,
    { present, digest }: Built,
  ): Promise<Outcome> {
    const inputs = present.inputs.all;
    const { extraTags, push, refs: names } = object.spec;
    const refs = refsFor(names, digest);
    const tag = tagOf(digest);
    report.built({ inputs, digest, tag });
    const [env, presented] = [this.#env, this.#presented];
    await publish({ engine, digest, refs, extraTags, push, env, presented, signal, report });
    return { made: { inputs, digest, tag, refs }, isUnchanged: false };
  }
}
