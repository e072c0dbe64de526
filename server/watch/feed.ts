import { badRequest, expired, qualified } from "../../apis/errors.ts";
import type { Lifetime } from "../registry/lifetime.ts";
import type { Selection } from "../registry/selection.ts";
import { notReached, type Store, type Stored, type StoreEvent } from "../storage/index.ts";
import { after, batchOf, Channels, type Batch } from "./channels.ts";
import { selectorOf, type Selector } from "./selection.ts";

/** Where the events of one watch go. */
export interface Sink {
  send(batch: Batch): void;
  /** `isInitialEnd`: the present state has been told (rule 92). */
  bookmark(revision: number, isInitialEnd: boolean): void;
  /** So much is waiting to be read that no more may be sent. */
  readonly isFull: boolean;
  /** Resolves when there is room for more; rejects with what to end the watch with. */
  ready(): Promise<void>;
}

export interface FeedOptions extends Selection {
  /** Of the kind: the watch ends with it. Absent for a kind that lasts as long as the server. */
  lifetime?: Lifetime | undefined;
  resourceVersion?: string | undefined;
  /** Whether the present state comes first; by default unless `resourceVersion` names a revision. */
  sendInitialEvents?: boolean | undefined;
  bookmarks: boolean;
  /** Tell by a bookmark when the present state has been told. */
  bookmarkInitialEnd: boolean;
  /** When the watch is over. The last bookmark comes a little earlier. */
  timeoutMs?: number | undefined;
  bookmarkIntervalMs?: number | undefined;
}

/** As many events of the past, or states, as are read, and handed over, in one turn. */
const CHUNK = 500;
/** And as much of them; a single one may be larger. */
const CHUNK_BYTES = 256 * 1024;
const BOOKMARK_INTERVAL_MS = 60_000;
const LAST_BOOKMARK_MS = 2_000;

/** One watch: the present state or the past first, then every commit, without a gap and without a repetition. */
export class Feed {
  readonly #store: Store;
  readonly #options: FeedOptions;
  readonly #selector: Selector;
  readonly #sink: Sink;
  readonly #asked: number | undefined;
  /** Everything up to here has been handed to the sink. */
  #cursor = 0;
  /** Revision of the last thing that was sent. */
  #told = 0;
  #isLive = false;
  #wake: (() => void) | undefined;

  /** @throws StatusError `BadRequest` for a selector or a revision that cannot be understood. */
  constructor(store: Store, options: FeedOptions, sink: Sink) {
    this.#store = store;
    this.#options = options;
    this.#selector = selectorOf(options);
    this.#sink = sink;
    this.#asked = revisionOf(options.resourceVersion);
  }

  /**
   * Runs until `signal` ends it, or everything is told that happened until the kind became another one.
   *
   * @throws StatusError `Expired` when the sink or the history cannot keep up, or the kind has become another one since
   *   the revision that was asked for; what `ready` of the sink rejects with.
   */
  async run(signal: AbortSignal): Promise<void> {
    // Of a kind that is over already nothing is told: what is there now is not as it would show it.
    if (this.#end !== Infinity) return;
    const timers = this.#startBookmarks();
    const stop = () => this.#wake?.();
    signal.addEventListener("abort", stop);
    const leave = this.#options.lifetime?.onEnd(() => this.#fallBack());
    try {
      await this.#start(signal);
      while (!signal.aborted && this.#cursor < this.#end) await this.#follow(signal);
    } finally {
      signal.removeEventListener("abort", stop);
      leave?.();
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** The last revision that is told. */
  get #end(): number {
    return this.#options.lifetime?.end ?? Infinity;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { sendInitialEvents, bookmarkInitialEnd } = this.#options;
    const initial = sendInitialEvents ?? !this.#asked;
    if (!initial) this.#assertKnown(this.#asked ?? 0);
    this.#cursor = initial ? this.#store.revision : (this.#asked ?? this.#store.revision);
    this.#told = this.#cursor;
    if (initial) await this.#sendInitial(signal);
    if (initial && bookmarkInitialEnd && !signal.aborted) this.#sink.bookmark(this.#cursor, true);
  }

  /** What one saw under another definition may look otherwise now, and no event tells of it: one must list again. */
  #assertKnown(revision: number): void {
    const { kind, lifetime } = this.#options;
    if (!lifetime || !revision || revision >= lifetime.since) return;
    throw expired(
      `too old resource version: ${revision} (${lifetime.since}): the definition of ${qualified(kind)} has changed since`,
    );
  }

  async #sendInitial(signal: AbortSignal): Promise<void> {
    const through = this.#cursor;
    const all = this.#selector.initial(this.#store);
    for (let i = 0, end; i < all.length && !signal.aborted; i = end) {
      await this.#sink.ready();
      end = endOfChunk(all, i);
      const changes = all
        .slice(i, end)
        .map((stored) => ({ type: "ADDED", revision: stored.revision, stored }) as const);
      this.#sink.send({ changes, through });
    }
  }

  /** Reads the log up to its end, then listens. Comes back when the sink could not take what happened. */
  async #follow(signal: AbortSignal): Promise<void> {
    await this.#sink.ready();
    if (signal.aborted) return;
    const { events, through } = this.#store.changesSince(this.#selector.scope, this.#cursor, CHUNK);
    const batch = batchOf(this.#selector, until(this.#end, events));
    if (batch) this.#send(batch);
    this.#cursor = through;
    // No `await` since the log was read, so nothing can have happened in between.
    if (this.#cursor >= this.#store.revision && this.#cursor < this.#end) await this.#listen();
  }

  /** Until it is woken: by the end of the watch, or by a commit for which the sink has no room. */
  async #listen(): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    const leave = Channels.of(this.#store).join(this.#selector, (batch) => this.#receive(batch));
    this.#isLive = true;
    await woken;
    this.#isLive = false;
    leave();
  }

  #receive(batch: Batch): void {
    if (!this.#isLive) return;
    if (this.#sink.isFull) return this.#fallBack();
    const [first] = batch.changes;
    const unknown = first!.revision > this.#cursor ? batch : after(batch, this.#cursor);
    if (unknown) this.#send(unknown);
    this.#cursor = Math.max(this.#cursor, batch.through);
  }

  /** What does not fit, or is not to be told to its end, is not queued: it stays in the log until there is room. */
  #fallBack(): void {
    this.#isLive = false;
    this.#wake?.();
  }

  #send(batch: Batch): void {
    this.#sink.send(batch);
    this.#told = batch.changes.at(-1)!.revision;
  }

  #startBookmarks(): NodeJS.Timeout[] {
    const { bookmarks, timeoutMs = 0, bookmarkIntervalMs = BOOKMARK_INTERVAL_MS } = this.#options;
    if (!bookmarks) return [];
    const tick = () => this.#bookmark();
    const timers = [setInterval(tick, bookmarkIntervalMs)];
    if (timeoutMs > LAST_BOOKMARK_MS) timers.push(setTimeout(tick, timeoutMs - LAST_BOOKMARK_MS));
    for (const timer of timers) timer.unref();
    return timers;
  }

  /** While it listens, every revision of the store has been handed over. */
  #bookmark(): void {
    const { revision } = this.#store;
    if (!this.#isLive || revision <= this.#told || revision < this.#cursor || this.#sink.isFull) return;
    this.#told = revision;
    this.#cursor = revision;
    this.#sink.bookmark(revision, false);
  }
}

const until = (end: number, events: readonly StoreEvent[]): readonly StoreEvent[] =>
  end === Infinity ? events : events.filter(({ revision }) => revision <= end);

/** Where that what is handed over in one turn, beginning at `start`, ends. */
function endOfChunk(states: readonly Stored[], start: number): number {
  const most = Math.min(states.length, start + CHUNK);
  let end = start + 1;
  for (let bytes = states[start]!.bytes.length; end < most; end++) {
    bytes += states[end]!.bytes.length;
    if (bytes > CHUNK_BYTES) break;
  }
  return end;
}

/** Undefined for "any": absent, empty or `0`. */
function revisionOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "" || text === "0") return undefined;
  const revision = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(revision)) return revision;
  throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}: must be a number`);
}

/** Rule 78: the client asks for a state that does not exist yet. */
export function assertReached(store: Store, resourceVersion: string | undefined): void {
  const asked = revisionOf(resourceVersion) ?? 0;
  if (asked > store.revision) throw notReached(asked, store.revision);
}
