import { isReason } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { nameOf, type AnyKind, type AnyObject, type Handlers, type Log } from "../../client/index.ts";
import {
  childLog,
  WorkQueue,
  type Manager,
  type Recorder,
  type Runnable,
  type ServedKinds,
} from "../runtime/index.ts";
import { Disposal, UnresolvedOwner } from "./disposal.ts";
import { isDeletingDependents, isOrphaning, mayBelong, Owners, type Node } from "./owners.ts";

export interface CollectorOptions {
  /** Kinds whose objects may own or be owned. Objects of an owner of another kind are never touched. */
  kinds: ServedKinds;
  recorder: Recorder;
  concurrency?: number;
}

/**
 * Deletes what belongs to nobody any more.
 *
 * The informers say what to look at; what is done is decided by what the server says at that moment, so that an
 * informer that lags behind never costs an object its life.
 */
export class GarbageCollector implements Runnable {
  readonly name = "gc";
  readonly #options: CollectorOptions;
  #queue = new WorkQueue();
  /** Objects with an owner of a kind that is not served. They are looked at again when a kind comes, and at times. */
  readonly #unresolved = new Set<string>();
  #unsubscribe: () => void = () => undefined;
  #workers: Promise<void>[] = [];

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  start(manager: Manager): void {
    const { kinds, recorder, concurrency = 4 } = this.#options;
    const { client } = manager;
    const owners = new Owners({ client, kinds, recorder });
    const wake = (node: Node) => this.#wake(node);
    const disposal = new Disposal({ client, owners, wake });
    const log = childLog(manager.log, { controller: this.name });
    this.#queue = new WorkQueue({ clock: manager.clock });
    this.#unsubscribe = kinds.follow((kind) => this.#handlers(kind, owners));
    this.#workers = Array.from({ length: concurrency }, () => this.#work(disposal, log));
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#queue.close();
    await Promise.all(this.#workers);
  }

  #handlers(kind: AnyKind, owners: Owners): Handlers<AnyObject> {
    for (const key of this.#unresolved) this.#queue.add(key);
    this.#unresolved.clear();
    return {
      added: (object) => {
        owners.arrived(kind, object);
        if (isOfInterest(object)) this.#wake({ kind, ...nameOf(object) });
      },
      updated: (object, old) => {
        if (!hasMoved(object, old)) return;
        if (isOfInterest(object)) this.#wake({ kind, ...nameOf(object) });
        for (const owner of owners.ownersOf(old)) this.#wake(owner); // it may have waited for this one
      },
      deleted: (object) => {
        owners.departed(kind, object);
        for (const dependent of owners.dependentsOf(object)) this.#wake(dependent);
        for (const owner of owners.ownersOf(object)) this.#wake(owner);
      },
    };
  }

  #wake(node: Node): void {
    if (mayBelong(node.kind)) this.#queue.add(keyOf(node));
  }

  /** Undefined for an object of a kind that went. */
  #nodeOf(key: string): Node | undefined {
    const [id = "", namespace = "", name = ""] = key.split("/");
    const kind = this.#options.kinds.stored().find((kind) => idOf(kind) === id);
    return kind && { kind, namespace, name };
  }

  async #work(disposal: Disposal, log: Log): Promise<void> {
    for (;;) {
      const key = await this.#queue.take();
      if (key === undefined) return;
      const node = this.#nodeOf(key);
      try {
        if (node) await disposal.decide(node);
        this.#queue.forget(key);
      } catch (error) {
        this.#queue.retry(key);
        if (error instanceof UnresolvedOwner) this.#unresolved.add(key);
        else if (!isReason(error, "Conflict")) log.warn({ object: key, error }, "collection failed");
      }
      this.#queue.done(key);
    }
  }
}

const idOf = ({ group, plural }: AnyKind): string => `${plural}.${group}`;

const keyOf = ({ kind, namespace, name }: Node): string => [idOf(kind), namespace, name].join("/");

type Object = Pick<KubeObject, "metadata">;

const isOfInterest = (object: Object): boolean =>
  (object.metadata.ownerReferences?.length ?? 0) > 0 || isDeletingDependents(object) || isOrphaning(object);

/** Whether an update can matter here: most only change a spec or a status. */
const hasMoved = ({ metadata: a }: Object, { metadata: b }: Object): boolean =>
  a.deletionTimestamp !== b.deletionTimestamp ||
  JSON.stringify([a.ownerReferences, a.finalizers]) !== JSON.stringify([b.ownerReferences, b.finalizers]);
