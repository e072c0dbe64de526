import { backoffMs, systemClock, type Clock } from "../../client/index.ts";
import { LONGEST_DELAY_MS } from "./delay.ts";

export interface QueueOptions {
  clock?: Clock;
  initialBackoffMs?: number;
  maxBackoffMs?: number;
  random?: () => number;
}

/** Plain counters, since the queue was made; `depth` is what waits now. */
export interface QueueMetrics {
  depth: number;
  adds: number;
  retries: number;
  delayed: number;
}

interface Delay {
  atMs: number;
  cancel: () => void;
}

/**
 * Keys that are to be worked on: each waits once, and is worked on by one at a time.
 *
 * A key that is added while it is worked on comes again once, afterwards.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #options: QueueOptions;
  /** In the order in which they came; a Set keeps it. */
  readonly #waiting = new Set<string>();
  readonly #active = new Set<string>();
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delay>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #isClosed = false;
  #adds = 0;
  #retries = 0;

  constructor(options: QueueOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get metrics(): QueueMetrics {
    return {
      depth: this.#waiting.size + this.#again.size,
      adds: this.#adds,
      retries: this.#retries,
      delayed: this.#delayed.size,
    };
  }

  add(key: string): void {
    if (this.#isClosed) return;
    if (this.#active.has(key)) {
      if (this.#again.has(key)) return;
      this.#adds++;
      this.#again.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#adds++;
    this.#waiting.add(key);
    this.#serve();
  }

  /** Adds the key after a while, at most some weeks; of several delays the one that ends first counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return;
    if (delayMs <= 0) return this.add(key);
    const atMs = this.#clock.now() + delayMs;
    const delay = this.#delayed.get(key);
    if (delay && delay.atMs <= atMs) return;
    delay?.cancel();
    const cancel = this.#clock.after(Math.min(delayMs, LONGEST_DELAY_MS), () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { atMs, cancel });
  }

  /** Adds a key that has failed, after a delay that doubles with each failure in a row. */
  retry(key: string): void {
    const failures = this.failuresOf(key);
    this.#failures.set(key, failures + 1);
    this.#retries++;
    const { initialBackoffMs = 5, maxBackoffMs = 30_000, random } = this.#options;
    this.addAfter(key, backoffMs(failures, { initialMs: initialBackoffMs, maxMs: maxBackoffMs, random }));
  }

  /** The key did not fail: its next failure is the first one. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, which is then worked on until `done`; undefined when the queue is closed. */
  take(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#serve();
    });
  }

  /** The work on a key that was taken is over, however it went. */
  done(key: string): void {
    this.#active.delete(key);
    if (!this.#again.delete(key) || this.#isClosed) return;
    this.#waiting.add(key);
    this.#serve();
  }

  /** Drops what waits, and lets those go who wait for it. */
  close(): void {
    this.#isClosed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    this.#serve();
  }

  #serve(): void {
    while (this.#takers.length > 0 && (this.#waiting.size > 0 || this.#isClosed)) {
      const taker = this.#takers.shift()!;
      const [key] = this.#waiting;
      if (key !== undefined) this.#activate(key);
      taker(key);
    }
  }

  /** Whoever is worked on now need not be woken by an older delay; what it still needs it says anew. */
  #activate(key: string): void {
    this.#waiting.delete(key);
    this.#active.add(key);
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
