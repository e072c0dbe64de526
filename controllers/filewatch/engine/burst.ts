import { readFileSync } from "node:fs";

const PAUSE_MS = 100;
const USUAL_QUEUE = 16_384;

/**
 * Guesses that the kernel's queue of events overflowed, which Node does not tell: so many events came in a row that some
 * may have been dropped. All watches of this program share one queue, so any of them may have lost some.
 */
export class BurstMeter {
  readonly #limit: number;
  readonly #listeners = new Set<() => void>();
  #count = 0;
  #lastMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** An event came. */
  add(): void {
    const now = performance.now();
    if (now - this.#lastMs > PAUSE_MS) this.#count = 0;
    this.#lastMs = now;
    if (++this.#count >= this.#limit && !this.#timer) this.#tellLater();
  }

  /** Tells when events may have been dropped, once they come no more. @returns How to be told no more. */
  onOverflow(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tellLater(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (performance.now() - this.#lastMs < PAUSE_MS) this.#tellLater();
      else for (const listener of this.#listeners) listener();
    }, PAUSE_MS);
  }
}

function queueLength(): number {
  try {
    return Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8")) || USUAL_QUEUE;
  } catch {
    return USUAL_QUEUE;
  }
}

/** That of the one queue of this program. */
export const bursts = new BurstMeter(queueLength() / 4);
