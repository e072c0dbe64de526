import { millisecondsOf } from "../../apis/duration.ts";
import { usageError } from "./errors.ts";

/** The options of one call, by their long names. */
export class Options {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The last value given. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** Every value given, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  flag(name: string, fallback = false): boolean {
    const value = this.text(name);
    if (value === undefined) return fallback;
    if (/^(true|1|t)$/i.test(value) || value === "") return true;
    if (/^(false|0|f)$/i.test(value)) return false;
    throw usageError(`--${name} takes true or false, not "${value}"`);
  }

  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^-?\d+$/.test(value)) throw usageError(`--${name} takes a whole number, not "${value}"`);
    return Number(value);
  }

  /** Milliseconds of a duration such as `30s`; a plain number counts seconds, as with kubectl. */
  durationMs(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : durationIn(value, name);
  }

  /** Milliseconds of how long something may take; 0: as long as it likes. */
  limitMs(name: string, fallbackMs: number): number {
    const value = this.text(name);
    return value === undefined ? fallbackMs : limitIn(value, name);
  }

  /** One of `choices`. */
  choice<const T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name) ?? fallback;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw usageError(`--${name} is one of ${choices.join(", ")}, not "${value}"`);
    return found;
  }
}

/** @throws CliError that names the option. */
function durationIn(value: string, option: string): number {
  const ms = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : millisecondsOf(value);
  if (ms === undefined) throw usageError(`--${option} takes a duration such as 30s or 5m, not "${value}"`);
  return ms;
}

/** As {@link Options.limitMs}, of a value that is known already. */
export function limitIn(value: string, option: string): number {
  const ms = durationIn(value, option);
  if (ms < 0) throw usageError(`--${option} cannot be negative: "${value}"`);
  return ms === 0 ? Infinity : ms;
}
