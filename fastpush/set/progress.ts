import { closeSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

/** What was there before an operation: its mode as the system has it, with the type; undefined if nothing was. */
export type Before = number | undefined;

const NOTHING = "-";
const MODE = 0o600;

/**
 * How far a set has come, and what was there before each operation. It is written down before anything is done: after a
 * crash all but the last of these operations are done, and all of them can be undone.
 */
export class Progress {
  readonly #stage: string;
  readonly #befores: Before[] = [];
  #handle: number | undefined;
  #isGivenUp: boolean;

  /** @param stage - Where it is kept. What an earlier process has left there is gone on with. */
  constructor(stage: string) {
    this.#stage = stage;
    const givenUp = textOf(join(stage, "given-up"));
    this.#isGivenUp = givenUp !== undefined;
    const lines = (givenUp ?? textOf(join(stage, "begun")) ?? "").split("\n");
    // A line without its end was written for nothing: what it is about was not begun.
    for (const line of lines.slice(0, -1))
      this.#befores.push(line === NOTHING ? undefined : Number.parseInt(line, 8));
  }

  /** The first operation that may not be done. */
  get next(): number {
    return Math.max(0, this.#befores.length - 1);
  }

  get befores(): readonly Before[] {
    return this.#befores;
  }

  /** All of it is to be undone, also if that is cut short. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** An operation begins now, or began before a crash. @returns what was there when it began first. */
  begin(number: number, before: Before): Before {
    if (number < this.#befores.length) return this.#befores[number];
    this.#handle ??= openSync(join(this.#stage, "begun"), "a", MODE);
    writeSync(this.#handle, `${before === undefined ? NOTHING : before.toString(8)}\n`);
    this.#befores.push(before);
    return before;
  }

  giveUp(): void {
    if (this.#isGivenUp || this.#befores.length === 0) return;
    renameSync(join(this.#stage, "begun"), join(this.#stage, "given-up"));
    this.#isGivenUp = true;
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
