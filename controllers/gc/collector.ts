import { isReason } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { nameOf, type AnyKind, type Log } from "../../client/index.ts";
import { childLog, WorkQueue, type Manager, type Runnable } from "../runtime/index.ts";
import { Disposal } from "./disposal.ts";
import { isDeletingDependents, isOrphaning, Owners, type Node } from "./owners.ts";

export interface CollectorOptions {
  /** Kinds whose objects may own or be owned. Objects of an owner of another kind are never touched. */
  kinds: readonly AnyKind[];
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
  readonly kinds: readonly AnyKind[];
  readonly #concurrency: number;
  readonly #byId: ReadonlyMap<string, AnyKind>;
  #queue = new WorkQueue();
  #subscriptions: (() => void)[] = [];
  #workers: Promise<void>[] = [];

  constructor({ kinds, concurrency = 4 }: CollectorOptions) {
    this.kinds = kinds;
    this.#byId = new Map(kinds.map((kind) => [idOf(kind), kind]));
    this.#concurrency = concurrency;
  }

  start(manager: Manager): void {
    const owners = new Owners(manager, this.kinds);
    const wake = (node: Node) => this.#wake(node);
    const disposal = new Disposal({ client: manager.client, owners, wake });
    const log = childLog(manager.log, { controller: this.name });
    this.#queue = new WorkQueue({ clock: manager.clock });
    this.#subscriptions = this.kinds.map((kind) => this.#follow(manager, kind, owners));
    this.#workers = Array.from({ length: this.#concurrency }, () => this.#work(disposal, log));
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#queue.close();
    await Promise.all(this.#workers);
  }

  #follow(manager: Manager, kind: AnyKind, owners: Owners): () => void {
    return manager.informer(kind).on({
      added: (object) => isOfInterest(object) && this.#wake({ kind, ...nameOf(object) }),
      updated: (object, old) => {
        if (!hasMoved(object, old)) return;
        if (isOfInterest(object)) this.#wake({ kind, ...nameOf(object) });
        for (const owner of owners.ownersOf(old)) this.#wake(owner); // it may have waited for this one
      },
      deleted: (object) => {
        for (const dependent of owners.dependentsOf(object)) this.#wake(dependent);
        for (const owner of owners.ownersOf(object)) this.#wake(owner);
      },
    });
  }

  #wake(node: Node): void {
    this.#queue.add([idOf(node.kind), node.namespace, node.name].join("/"));
  }

  #nodeOf(key: string): Node {
    const [id = "", namespace = "", name = ""] = key.split("/");
    return { kind: this.#byId.get(id)!, namespace, name };
  }

  async #work(disposal: Disposal, log: Log): Promise<void> {
    for (;;) {
      const key = await this.#queue.take();
      if (key === undefined) return;
      const node = this.#nodeOf(key);
      try {
        await disposal.decide(node);
        this.#queue.forget(key);
      } catch (error) {
        this.#queue.retry(key);
        if (!isReason(error, "Conflict")) log.warn({ ...fieldsOf(node), error }, "collection failed");
      }
      this.#queue.done(key);
    }
  }
}

const idOf = ({ group, kind }: AnyKind): string => `${kind}.${group}`;

const fieldsOf = ({ kind, namespace, name }: Node) => ({ kind: kind.kind, namespace, name });

type Object = Pick<KubeObject, "metadata">;

const isOfInterest = (object: Object): boolean =>
  (object.metadata.ownerReferences?.length ?? 0) > 0 || isDeletingDependents(object) || isOrphaning(object);

/** Whether an update can matter here: most only change a spec or a status. */
const hasMoved = ({ metadata: a }: Object, { metadata: b }: Object): boolean =>
  a.deletionTimestamp !== b.deletionTimestamp ||
  JSON.stringify([a.ownerReferences, a.finalizers]) !== JSON.stringify([b.ownerReferences, b.finalizers]);
