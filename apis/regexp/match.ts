import type { Spend } from "./spend.ts";
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
/** What is remembered costs as much as it holds; this much of all patterns together, then all is forgotten. */
const MAX_REMEMBERED = 4_000_000;
const PER_STEP = 8;

let remembered = 0;
const remembering = new Set<Matcher>();

/**
 * Asks texts whether a pattern matches somewhere in them, in time that grows with the text and no faster: all places
 * where the machine may be are followed at once, and nothing is tried twice.
 */
export class Matcher {
  readonly #program: Program;
  #states = new Map<string, State>();

  constructor(program: Program) {
    this.#program = program;
  }

  get size(): number {
    return this.#program.instructions.length;
  }

  /**
   * @param spend is told of the work; texts that have been met before take hardly any.
   * @throws TooCostlyError
   */
  test(text: string, spend: Spend): boolean {
    spend(1 + text.length / 20);
    let state: State | true = this.#stateOf([this.#program.start], "begin");
    for (const character of text) {
      state = this.#step(state, character.codePointAt(0)!, spend);
      if (state === true) return true;
    }
    return this.#step(state, END, spend) === true;
  }

  #step(state: State, codePoint: number, spend: Spend): State | true {
    const known = state.next.get(codePoint);
    if (known !== undefined) return known;
    const next = this.#advance(state, codePoint, spend);
    remember(this, PER_STEP);
    state.next.set(codePoint, next);
    return next;
  }

  forget(): void {
    this.#states = new Map();
  }

  #advance(state: State, codePoint: number, spend: Spend): State | true {
    const reached = this.#reach(state, codePoint);
    if (reached === true) return true;
    spend(reached.size);
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
    return reached;
  }

  #stateOf(places: readonly number[], before: Before): State {
    const id = `${before} ${places.join()}`;
    const known = this.#states.get(id);
    if (known) return known;
    remember(this, PER_STEP + places.length * 2);
    const state = { places, before, next: new Map() };
    this.#states.set(id, state);
    return state;
  }
}

function remember(matcher: Matcher, cost: number): void {
  remembered += cost;
  if (remembered > MAX_REMEMBERED) {
    for (const one of remembering) one.forget();
    remembering.clear();
    remembered = cost;
  }
  remembering.add(matcher);
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
