import { stripVTControlCharacters } from "node:util";
import { compilePattern, type Pattern } from "../../../apis/regexp/index.ts";

/** It takes time that grows with the line alone, and no line is long. */
const FREE = (): void => undefined;
/** Beyond this a line is matched in parts. */
const LONGEST_LINE = 16 * 1024;

/** Remembers which patterns some line of a run has matched. */
export class LogLines {
  readonly #waiting: Map<string, Pattern>;
  readonly #onMatch: (pattern: string) => void;
  readonly #rests: [string, string] = ["", ""];
  readonly #decoders = [new TextDecoder(), new TextDecoder()] as const;
  readonly #matched = new Set<string>();

  /** @throws SyntaxError when a pattern is no regular expression in the syntax of RE2. */
  constructor(patterns: string[], onMatch: (pattern: string) => void) {
    this.#waiting = new Map(patterns.map((pattern) => [pattern, compilePattern(pattern)]));
    this.#onMatch = onMatch;
  }

  has(pattern: string): boolean {
    return this.#matched.has(pattern);
  }

  /** A prompt without a newline counts as a line too: it is matched as far as it has come. */
  push(chunk: Buffer, stream: 0 | 1): void {
    if (this.#waiting.size === 0) return;
    const text = this.#rests[stream] + this.#decoders[stream].decode(chunk, { stream: true });
    const lines = text.split(/\r?\n|\r/);
    this.#rests[stream] = lines.at(-1)!.slice(-LONGEST_LINE);
    // With the colours that tools put around words, no pattern would match at the start of a line.
    for (const line of lines) this.#match(stripVTControlCharacters(line));
  }

  #match(line: string): void {
    for (const [pattern, expression] of this.#waiting) {
      if (!expression.test(line, FREE)) continue;
      this.#waiting.delete(pattern);
      this.#matched.add(pattern);
      this.#onMatch(pattern);
    }
  }
}
