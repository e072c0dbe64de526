import { type Class, folded, ofRanges } from "./classes.ts";
import { Scanner } from "./scanner.ts";
import { characterOf, classOf, setOf } from "./sets.ts";

/** A regular expression as a tree. */
export type Node =
  | { type: "class"; matches: Class }
  | { type: "assert"; what: Assertion }
  | { type: "sequence" | "choice"; of: readonly Node[] }
  | { type: "repeat"; of: Node; min: number; max: number };

export type Assertion = "beginText" | "endText" | "beginLine" | "endLine" | "wordBoundary" | "noWordBoundary";

/** i: case does not matter; m: `^` and `$` also match at lines; s: `.` also matches a line end. */
type Flags = ReadonlySet<string>;

const NEWLINE = 10;
const MAX_REPEAT = 1000;
const MAX_DEPTH = 200;
const NOTHING: Node = { type: "sequence", of: [] };

/**
 * Reads the syntax of RE2, in which schemas of Kubernetes are written: https://github.com/google/re2/wiki/Syntax
 *
 * @throws SyntaxError that says what is wrong.
 */
export const parse = (pattern: string): Node => new Parser(pattern).whole();

class Parser {
  readonly #scanner: Scanner;
  #flags: Flags = new Set();
  #depth = 0;

  constructor(pattern: string) {
    this.#scanner = new Scanner(pattern);
  }

  whole(): Node {
    const node = this.#choice();
    if (!this.#scanner.isAtEnd) throw new SyntaxError("unexpected )");
    return node;
  }

  #choice(): Node {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError("expression nests too deeply");
    const branches = [this.#sequence()];
    while (this.#scanner.take("|")) branches.push(this.#sequence());
    this.#depth--;
    return branches.length === 1 ? branches[0]! : { type: "choice", of: branches };
  }

  #sequence(): Node {
    const of: Node[] = [];
    while (!["|", ")", ""].includes(this.#scanner.ahead)) {
      const nodes = this.#scanner.take("\\Q") ? this.#quoted() : [this.#atom()];
      const last = nodes.pop();
      of.push(...nodes, ...(last ? [this.#repeated(last)] : []));
    }
    return { type: "sequence", of };
  }

  /** What stands before `\E`, which may be missing. */
  #quoted(): Node[] {
    const nodes: Node[] = [];
    while (!this.#scanner.isAtEnd && !this.#scanner.take("\\E"))
      nodes.push(this.#literal(this.#scanner.next()));
    return nodes;
  }

  #repeated(atom: Node): Node {
    const times = this.#times();
    if (!times) return atom;
    this.#scanner.take("?"); // how much is taken makes no difference to whether it matches
    if (this.#times()) throw new SyntaxError("invalid nested repetition operator");
    return { type: "repeat", of: atom, min: times[0], max: times[1] };
  }

  #times(): [min: number, max: number] | undefined {
    if (this.#scanner.take("*")) return [0, Infinity];
    if (this.#scanner.take("+")) return [1, Infinity];
    if (this.#scanner.take("?")) return [0, 1];
    // Braces that are no count stand for themselves.
    const count = this.#scanner.match(/^\{(\d{1,9})(,(\d{0,9}))?\}/);
    if (!count) return undefined;
    const min = Number(count[1]);
    const max = count[2] === undefined ? min : count[3] === "" ? Infinity : Number(count[3]);
    if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT) || max < min)
      throw new SyntaxError(`invalid repeat count: ${count[0]}`);
    return [min, max];
  }

  #atom(): Node {
    const character = this.#scanner.next();
    if (character === "(") return this.#group();
    if (character === "[") return this.#class(setOf(this.#scanner));
    if (character === ".") return this.#dot();
    if (character === "^") return { type: "assert", what: this.#flags.has("m") ? "beginLine" : "beginText" };
    if (character === "$") return { type: "assert", what: this.#flags.has("m") ? "endLine" : "endText" };
    if (character === "\\") return this.#escape();
    if (["*", "+", "?"].includes(character))
      throw new SyntaxError(`missing argument to repetition operator: ${character}`);
    return this.#literal(character);
  }

  #dot(): Node {
    const isAny = this.#flags.has("s");
    return { type: "class", matches: isAny ? () => true : (codePoint) => codePoint !== NEWLINE };
  }

  #literal(character: string): Node {
    const codePoint = character.codePointAt(0)!;
    return this.#class(ofRanges([[codePoint, codePoint]]));
  }

  #class(matches: Class): Node {
    return { type: "class", matches: this.#flags.has("i") ? folded(matches) : matches };
  }

  #escape(): Node {
    const assertion = this.#scanner.match(/^[AzbB]/);
    if (assertion) return { type: "assert", what: ASSERTIONS[assertion[0]]! };
    const found = classOf(this.#scanner);
    return this.#class(found ?? ofRanges([pairOf(characterOf(this.#scanner))]));
  }

  #group(): Node {
    const outer = this.#flags;
    if (this.#scanner.take("?") && this.#isOnlyFlags()) return NOTHING;
    const node = this.#choice();
    if (!this.#scanner.take(")")) throw new SyntaxError("missing closing )");
    this.#flags = outer;
    return node;
  }

  /** Whether there is nothing but flags in the group: those hold to the end of the group around it. */
  #isOnlyFlags(): boolean {
    if (this.#scanner.match(/^P?<\w+>/)) return false;
    const flags = this.#scanner.match(/^([imsU]*)(-[imsU]+)?([:)])/);
    if (!flags) throw new SyntaxError("invalid or unsupported Perl syntax: (?");
    const [, on = "", off = "", end] = flags;
    this.#flags = new Set([...this.#flags, ...on.split("")].filter((flag) => !off.includes(flag)));
    return end === ")";
  }
}

const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: "beginText",
  z: "endText",
  b: "wordBoundary",
  B: "noWordBoundary",
};

const pairOf = (codePoint: number): [number, number] => [codePoint, codePoint];
