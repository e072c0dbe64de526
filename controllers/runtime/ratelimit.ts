import { systemClock, type Clock } from "../../client/index.ts";

interface RateLimitOptions {
  burst: number;
  perSecond: number;
  clock?: Clock;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const SWEEP_AT = 4_096;

/** A token bucket for each key. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Whether the key may, now; if so, that counts. */
  take(key: string): boolean {
    const atMs = this.#clock.now();
    const tokens = this.#tokensOf(this.#buckets.get(key), atMs);
    const isAllowed = tokens >= 1;
    if (this.#buckets.size >= SWEEP_AT) this.#sweep(atMs);
    this.#buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, atMs });
    return isAllowed;
  }

  #tokensOf(bucket: Bucket | undefined, nowMs: number): number {
    const { burst, perSecond } = this.#options;
    if (!bucket) return burst;
    return Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * perSecond);
  }

  /** A full bucket is as good as none. */
  #sweep(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#tokensOf(bucket, nowMs) >= this.#options.burst) this.#buckets.delete(key);
    }
  }
}
