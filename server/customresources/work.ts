/** What would take too long. Nothing catches it on the way. */
export class TooCostlyError extends Error {
  override readonly name = "TooCostlyError";
}

/** Takes note of so much work, before it is done. @throws TooCostlyError */
export type Spend = (cost: number) => void;

/** As much as is done for one request: some tenths of a second, which everybody else has to wait for. */
const LIMIT = 2_000_000;

/** Counts work, whose size whoever sends schemas, patterns, rules and objects decides. */
export class Work {
  #left: number;

  constructor(limit = LIMIT) {
    this.#left = limit;
  }

  readonly spend: Spend = (cost) => {
    this.#left -= cost;
    if (this.#left < 0) throw new TooCostlyError("it would take too long");
  };
}
