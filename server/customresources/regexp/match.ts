import type { Assertion } from "./parse.ts";
import type { Program } from "./program.ts";

/** What stands before a place in a text. */
type Before = "begin" | "newline" | "word" | "other";

/** All that matters of what has been read: where the machine is, and what stood before. */
interface State {
  readonly places: readonly number[];
  readonly before: Before;
  /** By the character that comes next; `END` for none. True: it has matched. */
  readonly next: Map<number, State | true>;
}

const END = -1;
const NEWLINE = 10;
/** So many steps are remembered, then all are forgotten. */
const MAX_REMEMBERED = 20_000;
/** Instructions looked at for one text. What is remembered costs nothing, so this is for texts made to be costly. */
const MAX_WORK = 2_000_000;

/** A text for which the answer would take too long. */
export class TooCostlyError extends Error {
  override readonly name = "TooCostlyError";
}

/**
 * Asks texts whether a pattern matches somewhere in them, in time that grows with the text and no faster: all places
 * where the machine may be are followed at once, and nothing is tried twice.
 */
export class Matcher {
  readonly #program: Program;
  #states = new Map<string, State>();
  #remembered = 0;
  #work = 0;

  constructor(program: Program) {
    this.#program = program;
  }

  /** @throws TooCostlyError */
  test(text: string): boolean {
    this.#work = 0;
    let state: State | true = this.#stateOf([this.#program.start], "begin");
    for (const character of text) {
      state = this.#step(state, character.codePointAt(0)!);
      if (state === true) return true;
    }
    return this.#step(state, END) === true;
  }

  #step(state: State, codePoint: number): State | true {
    const known = state.next.get(codePoint);
    if (known !== undefined) return known;
    const next = this.#advance(state, codePoint);
    if (++this.#remembered > MAX_REMEMBERED) this.#forget();
    state.next.set(codePoint, next);
    return next;
  }

  #forget(): void {
    this.#states = new Map();
    this.#remembered = 0;
  }

  #advance(state: State, codePoint: number): State | true {
    const reached = this.#reach(state, codePoint);
    if (reached === true) return true;
    // A match may begin at every character.
    const places = new Set([this.#program.start]);
    for (const place of reached) {
      const instruction = this.#program.instructions[place]!;
      if (instruction.type === "class" && codePoint !== END && instruction.matches(codePoint))
        places.add(instruction.next);
    }
    return this.#stateOf(
      [...places].toSorted((a, b) => a - b),
      beforeOf(codePoint),
    );
  }

  /** Every place that can be come to without reading anything; true if the pattern has matched. */
  #reach({ places, before }: State, codePoint: number): Set<number> | true {
    const reached = new Set<number>(places);
    // A Set tells what is added while it is told.
    for (const place of reached) {
      const instruction = this.#program.instructions[place]!;
      if (instruction.type === "match") return true;
      if (instruction.type === "split") for (const next of instruction.next) reached.add(next);
      if (instruction.type === "assert" && HOLDS[instruction.what](before, codePoint))
        reached.add(instruction.next);
    }
    this.#work += reached.size;
    if (this.#work > MAX_WORK) throw new TooCostlyError("the text is too long to be matched");
    return reached;
  }

  #stateOf(places: readonly number[], before: Before): State {
    const id = `${before} ${places.join()}`;
    let state = this.#states.get(id);
    if (!state) this.#states.set(id, (state = { places, before, next: new Map() }));
    return state;
  }
}

const HOLDS: Readonly<Record<Assertion, (before: Before, next: number) => boolean>> = {
  beginText: (before) => before === "begin",
  endText: (_, next) => next === END,
  beginLine: (before) => before === "begin" || before === "newline",
  endLine: (_, next) => next === END || next === NEWLINE,
  wordBoundary: (before, next) => (before === "word") !== isWord(next),
  noWordBoundary: (before, next) => (before === "word") === isWord(next),
};

const isWord = (codePoint: number): boolean =>
  codePoint !== END && /^\w$/.test(String.fromCodePoint(codePoint));

function beforeOf(codePoint: number): Before {
  if (codePoint === NEWLINE) return "newline";
  return isWord(codePoint) ? "word" : "other";
}
