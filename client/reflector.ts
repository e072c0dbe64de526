import { isReason, StatusError } from "../apis/errors.ts";
import type { KubeObject } from "../apis/meta.ts";
import {
  INITIAL_EVENTS_END,
  type ResourceRef,
  type Transport,
  type WatchEvent,
  type WatchOptions,
} from "../apis/transport.ts";
import { Backoff } from "./backoff.ts";
import { ObjectCache } from "./cache.ts";
import { sleep, systemClock, type Clock } from "./clock.ts";
import { nameOf } from "./kinds.ts";
import { silentLog, type Log } from "./log.ts";
import { Silence } from "./silence.ts";

/** Which objects of a collection. */
export interface Scope {
  /** Empty or absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Of each object only its metadata. */
  metadataOnly?: boolean;
}

/** What happened to an object, and how it was before as far as that is known. */
export type Change<T> =
  | { type: "ADDED"; object: T; old?: undefined }
  | { type: "MODIFIED"; object: T; old?: T }
  | { type: "DELETED"; object: T; old?: T };

/** `SYNCED`: everything that a list had to say has been said. */
export type Reflection<T> =
  Change<T> | { type: "SYNCED"; resourceVersion: string } | { type: "BOOKMARK"; resourceVersion: string };

export interface ReflectorOptions {
  transport: Transport;
  resource: ResourceRef;
  scope?: Scope;
  signal?: AbortSignal;
  /** Begin after this revision instead of with a list. */
  resourceVersion?: string;
  /** Kept up to date; each change is in it before it is told. */
  cache?: ObjectCache;
  /** What is kept and told of an object; its name, uid and resourceVersion must stay. */
  transform?: (object: KubeObject) => KubeObject;
  /** Whether even a refusal (forbidden, not found) is tried again; else it is thrown. */
  patient?: boolean;
  clock?: Clock;
  log?: Log;
}

const WATCH_SECONDS = { least: 300, spread: 300 };

/**
 * The changes of a collection: what is there, then every change once and in order, for as long as `signal` allows.
 *
 * A stream that ends or breaks is taken up after the last revision seen. If the server no longer has that one, the
 * collection is listed again and the difference to what was known is told. The cursor moves on before a change is
 * handed out, so that nothing is told twice, and only with what was received, so that nothing is left out.
 */
export async function* reflect(
  options: ReflectorOptions,
): AsyncGenerator<Reflection<KubeObject>, void, void> {
  const { signal, clock = systemClock, log = silentLog, resource } = options;
  const reflector = new Reflector(options);
  const backoff = new Backoff({ initialMs: 50, maxMs: 5_000 });
  const isAborted = () => signal?.aborted === true;
  while (!isAborted()) {
    const startedMs = clock.now();
    const revision = reflector.revision;
    try {
      yield* reflector.run();
      if (reflector.revision !== revision || clock.now() - startedMs > 1_000) backoff.reset();
    } catch (error) {
      if (isAborted()) return;
      if (reflector.revision !== revision) backoff.reset();
      if (isReason(error, "Expired") || isReason(error, "Gone")) reflector.forget();
      else if (!options.patient && !reflector.mayRetry(error)) throw error;
      log.debug({ plural: resource.plural, error }, "watch broke, trying again");
    }
    await sleep(clock, backoff.nextMs(), signal);
  }
}

class Reflector {
  readonly #options: ReflectorOptions;
  readonly #cache: ObjectCache;
  /** Whether the cache holds all that exists, so that what it does not know cannot have been there. */
  #complete = false;
  #connected = false;
  /** Whether a list may be asked for as a watch. */
  #streams: boolean;
  revision: string | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#cache = options.cache ?? new ObjectCache();
    this.#streams = options.transport.streamsLists === true;
    this.revision = options.resourceVersion;
  }

  /** The next thing to do is a list. */
  forget(): void {
    this.revision = undefined;
  }

  /** A refusal stays one. A server that never answered is not there; one that did will be again. */
  mayRetry(error: unknown): boolean {
    if (!(error instanceof StatusError)) return this.#connected;
    return error.code >= 500 || error.code === 429 || error.code === 408;
  }

  /** One list, if one is due, and one watch. */
  async *run(): AsyncGenerator<Reflection<KubeObject>, void, void> {
    if (this.#connected && this.revision !== undefined) await this.#distrust();
    if (this.revision === undefined && this.#streams) return yield* this.#stream();
    if (this.revision === undefined) yield* this.#list();
    yield* this.#watch();
  }

  /**
   * A server that came back with an older store (its state was deleted, or restored) would take our revision for one
   * of the future and stay silent until it gets there.
   */
  async #distrust(): Promise<void> {
    const { transport, resource, scope } = this.#options;
    const { metadata } = await transport.list(resource, { ...scope, limit: 1 });
    if (isOlder(metadata.resourceVersion, this.revision)) this.forget();
  }

  async *#list(): AsyncGenerator<Reflection<KubeObject>, void, void> {
    const { transport, resource, scope } = this.#options;
    const { items, metadata } = await transport.list(resource, { ...scope });
    this.#connected = true;
    const present = new ObjectCache();
    for (const object of items) present.set(this.#kept(object));
    yield* this.#replaced(present, metadata.resourceVersion ?? "0");
  }

  /** The difference between what was known and what is there. */
  *#replaced(present: ObjectCache, revision: string): Generator<Reflection<KubeObject>, void, void> {
    for (const known of this.#cache.values()) {
      if (!present.get(nameOf(known))) yield* this.#gone(known);
    }
    for (const object of present.values()) yield* this.#seen(object);
    this.#complete = true;
    this.revision = revision;
    yield { type: "SYNCED", resourceVersion: revision };
  }

  async *#watch(): AsyncGenerator<Reflection<KubeObject>, void, void> {
    for await (const event of this.#events({ resourceVersion: this.revision }, this.#options.signal)) {
      yield* this.#told(event);
    }
    this.#connected = true;
  }

  /** A list and a watch in one: the present state comes first, and its end is told. Falls back on a list. */
  async *#stream(): AsyncGenerator<Reflection<KubeObject>, void, void> {
    const silence = new Silence(this.#options);
    let present: ObjectCache | undefined = new ObjectCache();
    try {
      for await (const event of this.#events(INITIAL_EVENTS, silence.signal)) {
        this.#connected = true;
        silence.broken();
        if (!present) yield* this.#told(event);
        else if (event.type === "DELETED") present.delete(nameOf(event.object));
        else if (event.type !== "BOOKMARK") present.set(this.#kept(event.object));
        else if (event.object.metadata.annotations?.[INITIAL_EVENTS_END]) {
          silence.end();
          yield* this.#replaced(present, event.object.metadata.resourceVersion ?? "0");
          present = undefined;
        }
      }
      if (silence.isTooLong) this.#streams = false;
      else this.#connected = true;
    } catch (error) {
      if (!present || !isRefusal(error)) throw error;
      this.#streams = false;
    } finally {
      silence.end();
    }
  }

  #events(from: WatchOptions, signal: AbortSignal | undefined): AsyncIterable<WatchEvent> {
    const { transport, resource, scope } = this.#options;
    const timeoutSeconds = WATCH_SECONDS.least + Math.floor(Math.random() * WATCH_SECONDS.spread);
    return transport.watch(resource, {
      ...scope,
      ...from,
      signal,
      allowWatchBookmarks: true,
      timeoutSeconds,
    });
  }

  *#told(event: WatchEvent): Generator<Reflection<KubeObject>, void, void> {
    this.#connected = true;
    this.revision = event.object.metadata.resourceVersion ?? this.revision;
    yield* this.#event(event);
  }

  *#event(event: WatchEvent): Generator<Reflection<KubeObject>, void, void> {
    if (event.type === "BOOKMARK") yield { type: "BOOKMARK", resourceVersion: this.revision ?? "" };
    else if (event.type === "DELETED") yield* this.#gone(this.#kept(event.object));
    else yield* this.#seen(this.#kept(event.object), event.type);
  }

  #kept(object: KubeObject): KubeObject {
    return this.#options.transform?.(object) ?? object;
  }

  *#seen(object: KubeObject, told?: "ADDED" | "MODIFIED"): Generator<Reflection<KubeObject>, void, void> {
    const old = this.#cache.get(nameOf(object));
    if (old && old.metadata.uid !== object.metadata.uid) yield* this.#gone(old);
    else if (old && old.metadata.resourceVersion === object.metadata.resourceVersion) return;
    const before = this.#cache.get(nameOf(object));
    this.#cache.set(object);
    if (before) yield { type: "MODIFIED", object, old: before };
    else yield { type: this.#complete ? "ADDED" : (told ?? "ADDED"), object };
  }

  *#gone(object: KubeObject): Generator<Reflection<KubeObject>, void, void> {
    const old = this.#cache.get(nameOf(object));
    if (!old && this.#complete) return;
    this.#cache.delete(nameOf(object));
    yield { type: "DELETED", object, old };
  }
}

const INITIAL_EVENTS = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" } as const;

/** A server that understands neither, or not together, says so; anything else is no answer to that. */
const isRefusal = (error: unknown): boolean => isReason(error, "Invalid") || isReason(error, "BadRequest");

/** Revisions are opaque but for their order, and that only where they are numbers. */
function isOlder(a: string | undefined, b: string | undefined): boolean {
  if (!a || !b || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return BigInt(a) < BigInt(b);
}
