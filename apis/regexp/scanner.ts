/** The characters of a pattern, one after the other. */
export class Scanner {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  /** The next character; empty at the end. */
  get ahead(): string {
    return this.#characters[this.#at] ?? "";
  }

  /** @throws SyntaxError at the end. */
  next(): string {
    if (this.isAtEnd) throw new SyntaxError("the expression ends too early");
    return this.#characters[this.#at++]!;
  }

  /** Goes past `text`, which is ASCII, if it is next. */
  take(text: string): boolean {
    if (this.#rest(text.length) !== text) return false;
    this.#at += text.length;
    return true;
  }

  /** Goes past what a sticky pattern matches within the next few characters. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    const found = pattern.exec(this.#rest(MAX_LOOK));
    if (found?.index !== 0) return undefined;
    this.#at += found[0].length;
    return found;
  }

  #rest(length: number): string {
    return this.#characters.slice(this.#at, this.#at + length).join("");
  }
}

/** Longer than any name, count or escape. */
const MAX_LOOK = 64;
