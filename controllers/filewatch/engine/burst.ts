import { readFileSync } from "node:fs";

const PAUSE_MS = 100;
const USUAL_QUEUE = 16_384;

/**
 * Guesses that the kernel's queue of events overflowed, which Node does not tell: so many hints came in a row that some
 * may have been dropped.
 */
export class BurstMeter {
  readonly #limit = queueLength() / 4;
  #count = 0;
  #lastMs = 0;

  add(): void {
    const now = performance.now();
    if (now - this.#lastMs > PAUSE_MS) this.#count = 0;
    this.#lastMs = now;
    this.#count++;
  }

  /** Whether hints may have been dropped since the last time this was asked. */
  takeOverflow(): boolean {
    const overflow = this.#count >= this.#limit;
    if (overflow) this.#count = 0;
    return overflow;
  }
}

function queueLength(): number {
  try {
    return Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8")) || USUAL_QUEUE;
  } catch {
    return USUAL_QUEUE;
  }
}
