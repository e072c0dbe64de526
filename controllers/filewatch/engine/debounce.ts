export interface DebounceOptions {
  /** How long nothing may happen before a look is worth it. */
  quietMs(): number;
  /** Nothing is held back for longer than this. */
  readonly maxMs: number;
  /**
   * Deals with what has come together. Answers how long nothing may happen until it is complete, when that is longer
   * than `idleMs`; nothing when all is dealt with. With `final` it has to be.
   */
  flush(idleMs: number, final: boolean): Promise<number | undefined>;
}

/** Collects what comes together. A timer runs only while something waits. */
export class Debounce {
  #firstMs: number | undefined;
  #lastMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #closed = false;

  readonly #options: DebounceOptions;

  constructor(options: DebounceOptions) {
    this.#options = options;
  }

  /** Something happened. */
  touch(): void {
    this.#lastMs = performance.now();
    this.#firstMs ??= this.#lastMs;
    if (!this.#timer && !this.#flushing) this.#arm(this.#options.quietMs());
  }

  /** Deals with what has come together, without waiting for more. */
  async flushNow(): Promise<void> {
    await this.#flushing;
    if (this.#firstMs !== undefined && !this.#closed) await this.#flush(true);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #arm(quietMs: number): void {
    if (this.#closed || this.#firstMs === undefined) return;
    const now = performance.now();
    const dueMs = Math.min(this.#lastMs + quietMs, this.#firstMs + this.#options.maxMs) - now;
    this.#timer = setTimeout(() => this.#onTimer(quietMs), Math.max(0, Math.ceil(dueMs)));
  }

  #onTimer(quietMs: number): void {
    this.#timer = undefined;
    const wantedMs = Math.max(quietMs, this.#options.quietMs());
    const now = performance.now();
    const final = now - this.#firstMs! >= this.#options.maxMs;
    if (!final && now - this.#lastMs < wantedMs) this.#arm(wantedMs);
    else void this.#flush(final);
  }

  #flush(final: boolean): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#run(final);
    return this.#flushing;
  }

  async #run(final: boolean): Promise<void> {
    const firstMs = this.#firstMs;
    const idleMs = performance.now() - this.#lastMs;
    this.#firstMs = undefined; // what happens from now on is not part of this look
    const wantedMs = await this.#options.flush(idleMs, final);
    if (wantedMs !== undefined) this.#firstMs = firstMs;
    this.#flushing = undefined;
    this.#arm(wantedMs ?? this.#options.quietMs());
  }
}
