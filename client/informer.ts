import type { ObjectOf } from "../apis/kind.ts";
import type { KubeObject, NamespacedName } from "../apis/meta.ts";
import type { Transport } from "../apis/transport.ts";
import { byNamespace, byOwnerUid, ObjectCache, type IndexFunction } from "./cache.ts";
import type { Clock } from "./clock.ts";
import { resourceOf, type AnyKind } from "./kinds.ts";
import { silentLog, type Log } from "./log.ts";
import { reflect, type Change, type ReflectorOptions, type Scope } from "./reflector.ts";

/** Told of every change, in order. What they throw is logged and otherwise ignored. */
export interface Handlers<T> {
  added?(object: T): void;
  updated?(object: T, old: T): void;
  /** `object` is the last state, as far as it is known. */
  deleted?(object: T): void;
}

export interface InformerOptions<T> extends Scope {
  /** Beside `owner` (uids of the owners) and `namespace`, which are always there. */
  indexes?: Record<string, IndexFunction<T>>;
  /** What is kept of an object, such as without its managedFields. Its name, uid and resourceVersion must stay. */
  transform?: (object: T) => T;
  signal?: AbortSignal;
  clock?: Clock;
  log?: Log;
}

/** A copy of a collection that keeps itself up to date, whatever becomes of the connection. */
export class Informer<K extends AnyKind> {
  readonly kind: K;
  /** Resolves when the first list has been told; rejects if the informer is stopped before. */
  readonly synced: Promise<void>;
  readonly #transport: Transport;
  readonly #options: InformerOptions<ObjectOf<K>>;
  readonly #cache = new ObjectCache();
  readonly #handlers = new Set<Handlers<ObjectOf<K>>>();
  readonly #abort = new AbortController();
  readonly #log: Log;
  #resolveSynced!: () => void;
  #rejectSynced!: (error: Error) => void;
  #isSynced = false;
  #running: Promise<void> | undefined;

  constructor(transport: Transport, kind: K, options: InformerOptions<ObjectOf<K>> = {}) {
    this.kind = kind;
    this.#transport = transport;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.synced = new Promise((resolve, reject) => {
      this.#resolveSynced = resolve;
      this.#rejectSynced = reject;
    });
    this.synced.catch(() => undefined); // not everybody waits for it
    this.addIndex("owner", byOwnerUid);
    this.addIndex("namespace", byNamespace);
    for (const [name, of] of Object.entries(options.indexes ?? {})) this.addIndex(name, of);
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Begins; a second call does nothing. */
  start(): this {
    this.#running ??= this.#run();
    return this;
  }

  /** Ends the watch; what is cached stays readable. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /** Adds handlers; they are told at once of what is there already. The answer takes them off again. */
  on(handlers: Handlers<ObjectOf<K>>): () => void {
    this.#handlers.add(handlers);
    for (const object of this.list()) this.#tell(handlers, { type: "ADDED", object });
    return () => void this.#handlers.delete(handlers);
  }

  get(name: NamespacedName): ObjectOf<K> | undefined {
    return this.#cache.get(name) as ObjectOf<K> | undefined;
  }

  list(): ObjectOf<K>[] {
    return this.#cache.values() as ObjectOf<K>[];
  }

  /** The objects that an index has under `value`, such as `by("owner", uid)`. */
  by(index: string, value: string): ObjectOf<K>[] {
    return this.#cache.by(index, value) as ObjectOf<K>[];
  }

  addIndex(name: string, of: IndexFunction<ObjectOf<K>>): void {
    this.#cache.addIndex(name, of as unknown as IndexFunction<KubeObject>);
  }

  async #run(): Promise<void> {
    const { signal, clock, namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    const reflections = reflect({
      transport: this.#transport,
      resource: resourceOf(this.kind),
      scope: { namespace, labelSelector, fieldSelector, metadataOnly },
      cache: this.#cache,
      transform: this.#options.transform as ReflectorOptions["transform"],
      patient: true,
      signal: signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal,
      clock,
      log: this.#log,
    });
    for await (const reflection of reflections) {
      if (reflection.type === "SYNCED") this.#setSynced();
      else if (reflection.type !== "BOOKMARK") this.#tellAll(reflection as Change<ObjectOf<K>>);
    }
    this.#rejectSynced(new Error(`the ${this.kind.kind} informer was stopped before it had synced`));
  }

  #setSynced(): void {
    this.#isSynced = true;
    this.#resolveSynced();
  }

  #tellAll(change: Change<ObjectOf<K>>): void {
    for (const handlers of this.#handlers) this.#tell(handlers, change);
  }

  #tell(handlers: Handlers<ObjectOf<K>>, change: Change<ObjectOf<K>>): void {
    try {
      if (change.type === "ADDED") handlers.added?.(change.object);
      else if (change.type === "DELETED") handlers.deleted?.(change.object);
      else handlers.updated?.(change.object, change.old ?? change.object);
    } catch (error) {
      this.#log.error({ kind: this.kind.kind, error }, "informer handler failed");
    }
  }
}
