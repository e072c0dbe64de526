import { setImmediate as nextTurn } from "node:timers/promises";
import type { Log } from "./log.ts";
import type { CompactionStatus, HistoryPolicy, StoreLog } from "./types.ts";

const INTERVAL_MS = 30_000;
/** Rows and bytes forgotten in one go: a few milliseconds of SQLite, so that requests are answered in between. */
const SLICE = { rows: 200, bytes: 1024 * 1024 };
/** Pages given back in one go, and how many are kept for what is written next (4 MiB). */
const PAGES = 128;
const SPARE_PAGES = 1024;
const FAILURES_BEFORE_ALARM = 3;

export interface CompactorOptions {
  readonly log: Log;
  readonly history: HistoryPolicy;
  readonly now: () => number;
  readonly logger: StoreLog;
  /** Told of every failure. */
  readonly onError: (error: unknown) => void;
}

/** Forgets history that nobody is promised any more. */
export class Compactor {
  readonly #options: CompactorOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  #lastSuccessMs: number | undefined;
  #failures = 0;

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  get status(): CompactionStatus {
    return { lastSuccessMs: this.#lastSuccessMs, failures: this.#failures };
  }

  start(): void {
    this.#timer = setInterval(() => this.runInBackground(), INTERVAL_MS).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  /** Runs at once if there is much more history than may be kept. */
  onCommit(): void {
    const { log, history } = this.#options;
    const kept = log.head.revision - log.head.compacted;
    if (kept > history.maxCount * 1.1 && !this.#running) this.runInBackground();
  }

  runInBackground(): void {
    this.run().catch(() => undefined); // counted and told already
  }

  /** One run; whoever asks meanwhile gets the same. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const { now, onError } = this.#options;
    try {
      await this.#forget();
      await this.#giveBack();
      this.#lastSuccessMs = now();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#report(error);
      onError(error);
      throw error;
    }
  }

  async #forget(): Promise<void> {
    const { log } = this.#options;
    const target = this.#target();
    while (!this.#stopped && log.head.compacted < target) {
      log.compactSome(target, SLICE);
      await nextTurn();
    }
  }

  async #giveBack(): Promise<void> {
    const { log } = this.#options;
    if (log.freePages < 2 * SPARE_PAGES) return;
    while (!this.#stopped && log.freePages > SPARE_PAGES) {
      log.releasePages(PAGES);
      await nextTurn();
    }
  }

  #report(error: unknown): void {
    const { logger } = this.#options;
    const fields = { err: error, failures: this.#failures, lastSuccessMs: this.#lastSuccessMs };
    if (this.#failures < FAILURES_BEFORE_ALARM) logger.warn(fields, "compaction failed");
    else logger.error(fields, "COMPACTION KEEPS FAILING: the store grows until this is solved");
  }

  /** The newest revision whose predecessors may go. */
  #target(): number {
    const { log, history } = this.#options;
    const { revision } = log.head;
    const byPolicy = Math.min(this.#newestOlderThan(history.minAgeMs), revision - history.minCount);
    return Math.max(byPolicy, revision - history.maxCount);
  }

  /** By bisection: revisions after the compacted one have no gaps, and the times in the log never go back. */
  #newestOlderThan(ageMs: number): number {
    const { log, now } = this.#options;
    const limit = now() - ageMs;
    let [low, high] = [log.head.compacted, log.head.revision];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((log.timeMsOf(middle) ?? 0) <= limit) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
