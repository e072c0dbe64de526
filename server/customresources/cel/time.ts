import { EvaluationError } from "./errors.ts";

const NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
const DURATION = /^([-+]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/;
const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const MIN_SECONDS = -62_135_596_800n;
const MAX_SECONDS = 253_402_300_799n;
const SECOND = 1_000_000_000n;

/** A length of time in nanoseconds. */
export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (BigInt.asIntN(64, nanos) !== nanos) throw new EvaluationError("duration overflow");
    this.nanos = nanos;
  }

  /** As seconds, such as `1.5s`. */
  toString(): string {
    const [sign, nanos] = this.nanos < 0n ? ["-", -this.nanos] : ["", this.nanos];
    const fraction = String(nanos % SECOND)
      .padStart(9, "0")
      .replace(/0+$/, "");
    return `${sign}${nanos / SECOND}${fraction && `.${fraction}`}s`;
  }
}

/** A moment, in nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    const seconds = nanos / SECOND;
    if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) throw new EvaluationError("timestamp overflow");
    this.nanos = nanos;
  }

  /** With the precision of a millisecond. */
  get date(): Date {
    return new Date(Number(floorDivide(this.nanos, 1_000_000n)));
  }

  toString(): string {
    const whole = new Date(Number(floorDivide(this.nanos, SECOND)) * 1000).toISOString().slice(0, 19);
    const rest = this.nanos - floorDivide(this.nanos, SECOND) * SECOND;
    const fraction = String(rest).padStart(9, "0").replace(/0+$/, "");
    return `${whole}${fraction && `.${fraction}`}Z`;
  }
}

const floorDivide = (a: bigint, b: bigint): bigint => (a >= 0n || a % b === 0n ? a / b : a / b - 1n);

/** @throws EvaluationError */
export function parseDuration(text: string): Duration {
  const found = DURATION.exec(text);
  if (!found) throw new EvaluationError(`invalid duration ${JSON.stringify(text)}`);
  const parts = [...found[2]!.matchAll(PART)].map(([, count, unit]) => Number(count) * NANOS[unit!]!);
  const sum = parts.reduce((total, nanos) => total + BigInt(Math.round(nanos)), 0n);
  return new Duration(found[1] === "-" ? -sum : sum);
}

/** @throws EvaluationError */
export function parseTimestamp(text: string): Timestamp {
  const [, seconds, fraction = "", zone] = TIMESTAMP.exec(text) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  if (seconds === undefined || Number.isNaN(ms))
    throw new EvaluationError(`invalid timestamp ${JSON.stringify(text)}`);
  return new Timestamp(BigInt(ms) * 1_000_000n + BigInt(fraction.slice(1).padEnd(9, "0")));
}
