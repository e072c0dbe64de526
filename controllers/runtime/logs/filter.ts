import { compilePattern, type Pattern } from "../../../apis/regexp/index.ts";
import { TIME_BYTES } from "./cri.ts";
import { isAtLeast, isContinued, levelOf, type Level } from "./level.ts";

export interface LineChoice {
  /** A regular expression in the syntax of RE2 that a line must match somewhere. */
  grep?: string | undefined;
  /** Lines of this weight and above. One that says nothing is info, but the rest of a stack trace is as its start. */
  level?: Level | undefined;
}

const NEWLINE = 10;
const NOTHING: Buffer = Buffer.alloc(0);
/** Of a longer line no more than this is looked at, or held until its end comes. */
const LONGEST_LINE = 64 * 1024;
/** The pattern takes time that grows with the text alone, and a block of the log is small. */
const FREE = (): void => undefined;

/** Lets those lines of a log pass that are asked for. */
export class LineFilter {
  readonly #pattern: Pattern | undefined;
  readonly #level: Level | undefined;
  readonly #textOffset: number;
  #rest = NOTHING;
  #last: Level = "info";
  /** The line at hand is longer than can be held: what was decided about its start holds for the rest. */
  #ongoing: { isWanted: boolean } | undefined;

  /**
   * @param hasTimes - Its lines begin with their time, which is not looked at.
   * @throws SyntaxError when `grep` is no regular expression.
   */
  constructor({ grep, level }: LineChoice, hasTimes: boolean) {
    this.#pattern = grep === undefined ? undefined : compilePattern(grep);
    this.#level = level;
    this.#textOffset = hasTimes ? TIME_BYTES + 1 : 0;
  }

  push(chunk: Buffer): Buffer {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const out: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#line(bytes.subarray(start, end + 1), out);
      this.#ongoing = undefined;
      start = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(start));
    if (this.#rest.length > LONGEST_LINE) this.#beginLong(out);
    return Buffer.concat(out);
  }

  /** A last line without an end. */
  flush(): Buffer {
    const out: Buffer[] = [];
    if (this.#rest.length > 0) this.#line(this.#rest, out);
    this.#rest = NOTHING;
    return Buffer.concat(out);
  }

  #beginLong(out: Buffer[]): void {
    this.#ongoing ??= { isWanted: this.#wants(this.#rest) };
    if (this.#ongoing.isWanted) out.push(this.#rest);
    this.#rest = NOTHING;
  }

  #line(line: Buffer, out: Buffer[]): void {
    if (this.#ongoing?.isWanted ?? this.#wants(line)) out.push(line);
  }

  #wants(line: Buffer): boolean {
    const text = line.toString("utf8", this.#textOffset, LONGEST_LINE).replace(/\r?\n$/, "");
    return this.#hasWeight(text) && (this.#pattern?.test(text, FREE) ?? true);
  }

  #hasWeight(text: string): boolean {
    if (this.#level === undefined) return true;
    this.#last = levelOf(text) ?? (isContinued(text) ? this.#last : "info");
    return isAtLeast(this.#last, this.#level);
  }
}

/** A tail longer than this loses its oldest lines. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Keeps the last lines of what goes through it. */
export class TailKeeper {
  readonly #count: number;
  #lines: Buffer[] = [];
  #bytes = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** Whole lines, but for the last. */
  push(text: Buffer): void {
    let start = 0;
    for (let end = text.indexOf(NEWLINE); start < text.length; end = text.indexOf(NEWLINE, start)) {
      const after = end < 0 ? text.length : end + 1;
      this.#keep(Buffer.from(text.subarray(start, after)));
      start = after;
    }
  }

  release(): Buffer {
    const last = this.#count === 0 ? [] : this.#lines.slice(-this.#count);
    this.#lines = [];
    return Buffer.concat(last);
  }

  #keep(line: Buffer): void {
    this.#lines.push(line);
    this.#bytes += line.length;
    // In bulk: taking away the first of many each time would move all others each time.
    if (this.#lines.length < 2 * this.#count + 64 && this.#bytes <= MOST_BYTES) return;
    this.#lines = this.#count === 0 ? [] : this.#lines.slice(-this.#count);
    this.#bytes = this.#lines.reduce((sum, { length }) => sum + length, 0);
    while (this.#bytes > MOST_BYTES) this.#bytes -= this.#lines.shift()!.length;
  }
}
