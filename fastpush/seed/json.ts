/** A value of JSON, with what the original's decoder sees and JavaScript's does not: how a number is written, doubles. */
export type Json =
  | { readonly type: "null" | "true" | "false" }
  | { readonly type: "number"; readonly text: string }
  /** As it stands between the quotes. */
  | { readonly type: "string"; readonly raw: Buffer }
  | { readonly type: "array"; readonly items: readonly Json[] }
  | { readonly type: "object"; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly value: Json;
}

const MAX_DEPTH = 100;
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const [QUOTE, BACKSLASH, SPACE] = [0x22, 0x5c, 0x20];

/** The first value in these bytes. What follows it is passed over. @throws SyntaxError */
export const parseJson = (bytes: Buffer): Json => new Parser(bytes).value(0);

export const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => WHITE.has(byte));

const WHITE = new Set(Buffer.from(" \t\r\n"));

/** Text of a string. @throws SyntaxError if an escape in it is none. */
export const textOf = (raw: Buffer): string =>
  raw.includes(BACKSLASH) ? (JSON.parse(`"${raw.toString("utf8")}"`) as string) : raw.toString("utf8");

class Parser {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(depth: number): Json {
    if (depth > MAX_DEPTH) throw new SyntaxError("exceeded max depth");
    switch (this.#next()) {
      case "{":
        return { type: "object", fields: this.#list("}", () => this.#field(depth)) };
      case "[":
        return { type: "array", items: this.#list("]", () => this.value(depth + 1)) };
      case '"':
        return { type: "string", raw: this.#string() };
      default:
        return this.#literal();
    }
  }

  #field(depth: number): Field {
    if (this.#next() !== '"') throw this.#unexpected("looking for beginning of object key string");
    const name = textOf(this.#string());
    this.#expect(":", "after object key");
    return { name, value: this.value(depth + 1) };
  }

  #list<T>(end: string, item: () => T): T[] {
    const items: T[] = [];
    this.#at++;
    if (this.#next() === end) return this.#pass(items);
    for (;;) {
      items.push(item());
      if (this.#next() === end) return this.#pass(items);
      this.#expect(",", "after a value");
    }
  }

  #pass<T>(value: T): T {
    this.#at++;
    return value;
  }

  #string(): Buffer {
    const begin = ++this.#at;
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at]!;
      if (byte === QUOTE) return this.#checked(this.#bytes.subarray(begin, this.#at++));
      if (byte === BACKSLASH) this.#at++;
      else if (byte < SPACE) throw this.#unexpected("in string literal");
    }
    throw new SyntaxError("unexpected EOF");
  }

  /** Escapes are looked at now: an error in them is one of syntax. */
  #checked(raw: Buffer): Buffer {
    if (raw.includes(BACKSLASH)) textOf(raw);
    return raw;
  }

  #literal(): Json {
    const rest = this.#bytes.toString("latin1", this.#at, this.#at + 64);
    const word = /^[A-Za-z0-9+.-]+/.exec(rest)?.[0] ?? "";
    if (word !== "null" && word !== "true" && word !== "false" && !NUMBER.test(word))
      throw this.#unexpected("looking for beginning of value");
    this.#at += word.length;
    return word === "null" || word === "true" || word === "false"
      ? { type: word }
      : { type: "number", text: word };
  }

  #expect(character: string, where: string): void {
    if (this.#next() !== character) throw this.#unexpected(where);
    this.#at++;
  }

  /** The next character that is no white space. */
  #next(): string {
    while (WHITE.has(this.#bytes[this.#at] ?? 0)) this.#at++;
    if (this.#at >= this.#bytes.length) throw new SyntaxError("unexpected EOF");
    return String.fromCharCode(this.#bytes[this.#at]!);
  }

  #unexpected(where: string): SyntaxError {
    if (this.#at >= this.#bytes.length) return new SyntaxError("unexpected EOF");
    const character = String.fromCharCode(this.#bytes[this.#at]!);
    return new SyntaxError(`invalid character ${JSON.stringify(character)} ${where}`);
  }
}
