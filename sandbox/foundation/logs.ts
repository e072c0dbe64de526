import type { LogLine } from "../instances/index.ts";

export interface Envelope {
  /** Nanoseconds since 1970. */
  readonly timestamp: bigint;
  readonly line: LogLine;
}

/** @param source Guid of an app. */
export type LogListener = (source: string, line: LogLine) => void;

const MAX_LINES = 10_000;

/** The last lines of every app. */
export class Logs {
  readonly #lines = new Map<string, Envelope[]>();
  #last = 0n;
  readonly #listener: LogListener | undefined;

  constructor(listener?: LogListener) {
    this.#listener = listener;
  }

  /** @param source Guid of an app. */
  add(source: string, line: LogLine): void {
    const now = BigInt(Date.now()) * 1_000_000n;
    // No two have the same time: whoever reads on from a time neither misses one nor sees it twice.
    this.#last = now > this.#last ? now : this.#last + 1n;
    const lines = this.#lines.get(source) ?? [];
    lines.push({ timestamp: this.#last, line });
    if (lines.length > MAX_LINES) lines.splice(0, MAX_LINES / 10);
    this.#lines.set(source, lines);
    this.#listener?.(source, line);
  }

  /** Oldest first. @param range From, inclusive, to, exclusive; in nanoseconds. */
  read(source: string, [from, to]: readonly [bigint, bigint]): Envelope[] {
    return (this.#lines.get(source) ?? []).filter(({ timestamp }) => timestamp >= from && timestamp < to);
  }
}
