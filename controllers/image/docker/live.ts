import type { NamespacedName } from "../../../apis/meta.ts";
import type { DockerImage } from "../../../apis/v1alpha1/index.ts";
import { type Tree, UnsettledError } from "../../sync/index.ts";
import type { Engine } from "../engine/engine.ts";
import { textOf } from "../failure.ts";
import { Containers } from "../liveupdate/containers.ts";
import type { Observation } from "../liveupdate/orders.ts";
import { LiveUpdater } from "../liveupdate/updater.ts";
import type { Order } from "../work.ts";
import type { Context } from "./context.ts";
import type { Inputs } from "./inputs.ts";

/** What an image was built from. */
interface Baked {
  readonly imageId: string;
  /** Of all but the files of the context. */
  readonly rest: string;
  readonly tree: Tree;
  readonly builtAtMs: number;
}

interface Live {
  readonly updater: LiveUpdater;
  engine: Engine;
  baked: Baked;
  /** Digest of the context that was ordered last. */
  ordered: string;
  /** The image has all of what was ordered. */
  isBaked: boolean;
  hasFailed: boolean;
  /** Somebody waits for what comes out, and builds if it must be. */
  isAwaited: boolean;
  /** Why it must be built, though nobody waits for that. */
  needsBuild?: string | undefined;
}

/** What there is to build from now, and with. */
export interface Present {
  readonly engine: Engine;
  readonly context: Context;
  readonly inputs: Inputs;
}

/** The images whose containers are updated in place, by the uid of their objects. */
export class LiveUpdates {
  readonly #wake: (request: NamespacedName) => void;
  readonly #lives = new Map<string, Live>();

  constructor(wake: (request: NamespacedName) => void) {
    this.#wake = wake;
  }

  /** The engine has an image with all that is in the context now. */
  async built(order: Order<DockerImage>, present: Present, imageId: string): Promise<void> {
    const { object } = order;
    if (!object.spec.liveUpdate) return this.forget(uidOf(object));
    const { tree } = present.context;
    const live = this.#lives.get(uidOf(object)) ?? this.#begin(object, present.engine);
    const isKnown = live.baked.imageId === imageId;
    const builtAtMs = isKnown ? live.baked.builtAtMs : Date.now();
    live.baked = { imageId, rest: present.inputs.rest, tree, builtAtMs };
    if (!isKnown) live.hasFailed = false;
    // Another build would make the same image.
    Object.assign(live, { isBaked: true, needsBuild: undefined });
    this.#order(live, order, present);
  }

  /**
   * Brings what has changed into the containers, if nothing else has.
   *
   * @returns whether nothing has to be built. @throws the reason of the order's signal; UnsettledError.
   */
  async update(order: Order<DockerImage>, present: Present): Promise<boolean> {
    const { object, before, signal } = order;
    const live = this.#lives.get(uidOf(object));
    if (!live || !object.spec.liveUpdate) return false;
    if (before?.refs === undefined || before.digest !== live.baked.imageId) return false;
    if (present.inputs.rest !== live.baked.rest) return false;
    if (isAskedToBuild(order, live.ordered !== present.context.digest)) return false;
    Object.assign(live, { isAwaited: true, isBaked: false, needsBuild: undefined });
    try {
      this.#order(live, order, present);
      const { state } = await live.updater.settled(signal);
      return state !== "Failed";
    } catch (error) {
      // Whoever reads the context again orders again.
      if (error instanceof UnsettledError) live.ordered = "";
      else cancel(live, textOf(error));
      throw error;
    } finally {
      live.isAwaited = false;
    }
  }

  /** Ends what is under way in containers. @returns whether anything was */
  cancel(uid: string, why: string): boolean {
    const live = this.#lives.get(uid);
    return live !== undefined && cancel(live, why);
  }

  observationOf(uid: string): Observation | undefined {
    return this.#lives.get(uid)?.updater.observation;
  }

  needsBuild(uid: string): string | undefined {
    return this.#lives.get(uid)?.needsBuild;
  }

  /** Something happened to a container. */
  look(): void {
    for (const { updater } of this.#lives.values()) updater.look();
  }

  async forget(uid: string): Promise<void> {
    const live = this.#lives.get(uid);
    this.#lives.delete(uid);
    await live?.updater.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lives.keys()].map((uid) => this.forget(uid)));
  }

  #begin({ metadata }: DockerImage, engine: Engine): Live {
    const request = { namespace: metadata.namespace ?? "", name: metadata.name };
    const updater = new LiveUpdater({
      containersUntil: (signal) => new Containers(() => live.engine, signal),
      changed: () => {
        note(live);
        this.#wake(request);
      },
    });
    const live: Live = {
      updater,
      engine,
      baked: NOTHING,
      ordered: "",
      isBaked: false,
      hasFailed: false,
      isAwaited: false,
    };
    this.#lives.set(metadata.uid ?? "", live);
    return live;
  }

  #order(live: Live, { object, cause }: Order<DockerImage>, { engine, context }: Present): void {
    Object.assign(live, { engine, ordered: context.digest });
    const { baked } = live;
    const { run = [], restart, containers, ...rules } = object.spec.liveUpdate!;
    live.updater.order({
      imageId: baked.imageId,
      builtAtMs: baked.builtAtMs,
      baked: baked.tree,
      root: context.directory,
      context: context.tree,
      rules,
      run,
      restart: restart === "Always",
      ...(containers && { only: containers }),
      ...(cause.type === "FileChange" && { changeTime: cause.time }),
    });
  }
}

/** What was ordered has not come to its end: whoever asks for it once more means it. */
function cancel(live: Live, why: string): boolean {
  const isCanceled = live.updater.cancel(why);
  if (isCanceled) live.ordered = "";
  return isCanceled;
}

/** A failure is a reason to build once: should the build fail, the next change is the next reason. */
function note(live: Live): void {
  const { state, reason, message } = live.updater.observation;
  const hasFailed = state === "Failed" && reason !== "Canceled";
  const isNew = hasFailed && !live.hasFailed;
  live.hasFailed = hasFailed;
  if (!live.hasFailed) live.needsBuild = undefined;
  else if (isNew && !live.isAwaited && !live.isBaked) live.needsBuild = message;
}

const NOTHING: Baked = { imageId: "", rest: "", tree: new Map(), builtAtMs: 0 };

const uidOf = ({ metadata }: DockerImage): string => metadata.uid ?? "";

/** Who asks gets a build; where nothing happens by itself, asking is also the way to have changes taken in. */
const isAskedToBuild = ({ object, cause, isForced }: Order<DockerImage>, isChanged: boolean): boolean =>
  isForced && !(isChanged && object.spec.triggerMode === "Manual" && cause.type === "Trigger");
