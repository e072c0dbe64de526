interface BackoffOptions {
  initialMs: number;
  maxMs: number;
  /** Share of the delay that is left to chance, so that many who failed together do not return together. */
  jitter?: number;
  random?: () => number;
}

/** Delays that double with every failure in a row. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** How long to wait after one more failure. */
  nextMs(): number {
    return backoffMs(this.#failures++, this.#options);
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** The delay after `failures` earlier ones. */
export function backoffMs(
  failures: number,
  { initialMs, maxMs, jitter = 0.2, random = Math.random }: BackoffOptions,
): number {
  const fullMs = Math.min(maxMs, initialMs * 2 ** Math.min(failures, 40));
  return fullMs * (1 - jitter * random());
}
