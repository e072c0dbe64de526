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
    if (value === undefined) return undefined;
    const ms = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : millisecondsOf(value);
    if (ms === undefined) throw usageError(`--${name} takes a duration such as 30s or 5m, not "${value}"`);
    return ms;
  }

  /** One of `choices`. */
  choice<const T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name) ?? fallback;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw usageError(`--${name} is one of ${choices.join(", ")}, not "${value}"`);
    return found;
  }
}
