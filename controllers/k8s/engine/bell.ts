/** Wakes whoever waits for it. A ring that nobody waits for is kept for the next one. */
export class Bell {
  #hasRung = false;
  #wake: () => void = () => undefined;

  ring(): void {
    this.#hasRung = true;
    this.#wake();
  }

  /** Resolves at the next ring, after `delayMs`, or when the signal is aborted. */
  async wait(delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#hasRung && !signal.aborted) await this.#nextRing(delayMs, signal);
    this.#hasRung = false;
  }

  #nextRing(delayMs: number, signal: AbortSignal): Promise<void> {
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
