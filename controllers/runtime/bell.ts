import { LONGEST_DELAY_MS } from "./delay.ts";

/** Wakes whoever waits for it. A ring that nobody waits for is kept for the next one. */
export class Bell {
  #hasRung = false;
  #wake: () => void = () => undefined;

  ring(): void {
    this.#hasRung = true;
    this.#wake();
  }

  /** Resolves at the next ring, at `untilMs` (milliseconds since 1970), or when the signal is aborted. */
  async wait(untilMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasRung && !signal.aborted) await this.#nextRing(untilMs, signal);
    this.#hasRung = false;
  }

  #nextRing(untilMs: number, signal: AbortSignal): Promise<void> {
    const delayMs = Math.min(Math.max(0, untilMs - Date.now()), LONGEST_DELAY_MS);
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(finish, delayMs);
      signal.addEventListener("abort", finish);
      this.#wake = finish;
    });
  }
}
