import type { Ballast } from "./ballast.ts";
import { Batch, eventOf, freesSpace } from "./batch.ts";
import type { Collections } from "./collections.ts";
import { sqliteCodeOf } from "./driver.ts";
import { assertFits, insufficientStorage, storeClosed, StoreError, storeFailed } from "./errors.ts";
import { failpoint } from "./failpoint.ts";
import type { Log } from "./log.ts";
import type { Change, Decide, ObjectKey, Stored, StoreEvent } from "./types.ts";

export interface WriterOptions {
  readonly log: Log;
  readonly current: Collections;
  readonly ballast: Ballast;
  readonly now: () => number;
  /** When the newest row of the log was written. */
  readonly timeMs: number;
  /** Told of each batch, in order, once it is durable and `current` shows it. */
  readonly onCommit: (events: readonly StoreEvent[]) => void;
  readonly onFatal: (error: Error) => void;
}

/**
 * Group commit: all writes of one turn of the event loop share one transaction, and one fsync.
 *
 * A write is decided at once, against what the writes before it decided; it is answered, and seen by readers, when
 * it is durable. SQLite works synchronously, so there is never more than one batch that is not.
 */
export class Writer {
  readonly #options: WriterOptions;
  #batch: Batch | undefined;
  #timeMs: number;
  #isDeciding = false;
  /** Why nothing is written any more. */
  #refusal: Error | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#timeMs = options.timeMs;
  }

  async write(key: ObjectKey, decide: Decide): Promise<Stored> {
    if (this.#refusal) throw this.#refusal;
    const newest = new Newest(this.#options.current, this.#batch);
    const current = newest.get(key);
    let change: Change;
    try {
      change = this.#decided(() => decide(current?.object, (other) => newest.get(other)?.object));
    } catch (error) {
      await newest.durable;
      throw error;
    }
    if (change === "unchanged") {
      await newest.durable;
      return present(key, current);
    }
    return this.#append(change, key, current);
  }

  #decided(decide: () => Change): Change {
    // A write inside would make stale what is decided on.
    if (this.#isDeciding) throw new TypeError("a write cannot be made while another is decided");
    this.#isDeciding = true;
    try {
      return decide();
    } finally {
      this.#isDeciding = false;
    }
  }

  async #append(change: Exclude<Change, "unchanged">, key: ObjectKey, previous: Stored | undefined) {
    const isFreeing = freesSpace(change);
    if (this.#options.ballast.isFull && !isFreeing) throw insufficientStorage();
    const batch = this.#openBatch();
    const revision = this.#options.log.head.revision + batch.events.length + 1;
    const event = eventOf(change, { key, revision, previous });
    // What exists can always be deleted, whatever it grows by on its way out.
    if (!isFreeing) assertFits(event.stored.bytes);
    batch.add(event, isFreeing);
    await batch.durable;
    return event.stored;
  }

  #openBatch(): Batch {
    if (this.#batch) return this.#batch;
    const { now, log } = this.#options;
    // History is searched by time, so a clock that was set back must not be seen in the log.
    this.#timeMs = Math.max(this.#timeMs, Math.floor(now()));
    this.#batch = new Batch(this.#timeMs, log.head.live);
    setImmediate(() => this.flush());
    return this.#batch;
  }

  /** Commits what is decided. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (!batch) return;
    try {
      if (this.#refusal) throw this.#refusal;
      if (batch.events.length > 0) this.#commit(batch);
    } catch (error) {
      this.#giveUp(batch, error);
      return;
    }
    this.#show(batch);
  }

  #commit(batch: Batch): void {
    const { log, ballast } = this.#options;
    try {
      log.append(batch.appends(), batch.live);
    } catch (error) {
      const canRetry = sqliteCodeOf(error) === "SQLITE_FULL" && ballast.release() && batch.freesSpace;
      if (!canRetry) throw error;
      log.append(batch.appends(), batch.live);
    }
  }

  #show(batch: Batch): void {
    const { current, onCommit } = this.#options;
    failpoint("store.afterCommit");
    for (const event of batch.events) current.apply(event);
    failpoint("store.beforeAnswer");
    batch.resolve();
    failpoint("store.beforeNotify");
    onCommit(batch.events);
  }

  #giveUp(batch: Batch, error: unknown): void {
    if (sqliteCodeOf(error) === "SQLITE_FULL") batch.reject(insufficientStorage(error));
    else if (isFatal(error)) {
      batch.reject(storeFailed(error)); // first: whoever is told of the failure may throw
      this.fail(error);
    } else batch.reject(error);
  }

  /**
   * Stops acknowledging for ever.
   *
   * After a failed fsync the kernel may count pages as clean that never reached the disk, so neither a second try
   * nor a later success proves anything: https://www.usenix.org/conference/atc20/presentation/rebello
   */
  fail(error: Error): void {
    if (this.#refusal) return;
    this.#refusal = storeFailed(error);
    this.#options.onFatal(error);
  }

  /** Commits what is decided, and takes no more. */
  stop(): void {
    this.flush();
    this.#refusal ??= storeClosed();
  }
}

/** The newest states, decided ones before durable ones. */
class Newest {
  readonly #current: Collections;
  readonly #batch: Batch | undefined;
  #isProvisional = false;

  constructor(current: Collections, batch: Batch | undefined) {
    this.#current = current;
    this.#batch = batch;
  }

  get(key: ObjectKey): Stored | undefined {
    const pending = this.#batch?.newest(key);
    if (!pending) return this.#current.get(key);
    this.#isProvisional = true;
    return existing(pending);
  }

  /**
   * A decision is only as good as what it was made on: nothing may be concluded from a state that can still be lost.
   * This resolves when nothing that was read can be.
   */
  get durable(): Promise<void> | undefined {
    return this.#isProvisional ? this.#batch?.durable : undefined;
  }
}

/** Errors after which the disk, or our picture of it, can no longer be trusted. */
export function isFatal(error: unknown): error is Error {
  if (error instanceof StoreError) return true;
  const code = sqliteCodeOf(error);
  return code !== undefined && !HARMLESS.has(code);
}

const HARMLESS = new Set(["SQLITE_FULL", "SQLITE_TOOBIG", "SQLITE_NOMEM"]);

const existing = ({ type, stored }: StoreEvent): Stored | undefined =>
  type === "DELETED" ? undefined : stored;

function present(key: ObjectKey, stored: Stored | undefined): Stored {
  if (!stored) throw new TypeError(`${key.plural} "${key.name}" is not there and cannot be unchanged`);
  return stored;
}
