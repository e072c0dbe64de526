import type { Load } from "./load.ts";
import type { Line, Unit } from "./stats.ts";

/** Collects, in the order in which they first come, what subjects of one case did. */
export class Series {
  readonly #unit: Unit;
  readonly #rounds = new Map<string, number[][]>();
  readonly #rates = new Map<string, number[]>();
  readonly #notes = new Map<string, string>();
  readonly #rateUnit: Line["rateUnit"];

  constructor(unit: Unit, rateUnit?: Line["rateUnit"]) {
    this.#unit = unit;
    this.#rateUnit = rateUnit;
  }

  add(subject: string, values: readonly number[], rate?: number): void {
    pushTo(this.#rounds, subject, [...values]);
    if (rate !== undefined) pushTo(this.#rates, subject, rate);
  }

  addLoad(subject: string, { latencies, rate }: Load): void {
    this.add(subject, latencies, rate);
  }

  note(subject: string, text: string): void {
    this.#notes.set(subject, text);
    if (!this.#rounds.has(subject)) this.#rounds.set(subject, []);
  }

  get lines(): Line[] {
    return [...this.#rounds].map(([subject, rounds]) => ({
      subject,
      unit: this.#unit,
      rounds,
      rates: this.#rates.get(subject),
      rateUnit: this.#rateUnit,
      note: this.#notes.get(subject),
    }));
  }
}

function pushTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
