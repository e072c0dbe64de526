/** A value that stands in a Tiltfile as it is. */
export type Literal = string | number | boolean | null | Literal[] | { [key: string]: Literal };

/** Something that only running the file would tell. */
export class NotLiteral extends Error {}

const CONSTANTS: Readonly<Record<string, Literal>> = {
  True: true,
  False: false,
  None: null,
  TRIGGER_MODE_MANUAL: "Manual",
  TRIGGER_MODE_AUTO: "Auto",
};
const TRIPLE = /^[rR]?("""|''')([\s\S]*?)\1/;
const SHORT = /^([rR]?)("(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')/;
const SPACE = /^(?:\s|#[^\n]*|\\\n)+/;

/** Reads the arguments of a call, of which the opening bracket was read already. */
export class Reader {
  #rest: string;
  readonly #length: number;

  constructor(text: string) {
    this.#rest = text;
    this.#length = text.length;
  }

  /** How much was read. */
  get position(): number {
    return this.#length - this.#rest.length;
  }

  /** Positional ones by their number, others by their name. */
  arguments(): Map<string, Literal> {
    const found = new Map<string, Literal>();
    for (let i = 0; !this.#takes(")"); i++) {
      const name = this.#match(/^([A-Za-z_]\w*)\s*=(?!=)/)?.[1];
      found.set(name ?? String(i), this.#value());
      if (!this.#takes(",")) {
        if (!this.#takes(")")) throw new NotLiteral();
        break;
      }
    }
    return found;
  }

  #value(): Literal {
    if (this.#takes("[")) return this.#items("]");
    if (this.#takes("(")) return this.#items(")");
    if (this.#takes("{")) return this.#pairs();
    const triple = this.#match(TRIPLE);
    if (triple) return this.#noMore(triple[2]!);
    const short = this.#match(SHORT);
    if (short) return this.#noMore(this.#joined(textIn(short[2]!, short[1] !== "")));
    const number = this.#match(/^-?\d+(\.\d+)?/);
    if (number) return this.#noMore(Number(number[0]));
    const word = this.#match(/^[A-Za-z_]\w*/)?.[0] ?? "";
    if (!Object.hasOwn(CONSTANTS, word)) throw new NotLiteral();
    return this.#noMore(CONSTANTS[word]!);
  }

  /** Texts one after the other are one. */
  #joined(first: string): string {
    const next = this.#match(SHORT);
    return next ? this.#joined(first + textIn(next[2]!, next[1] !== "")) : first;
  }

  /** What goes on with an operator is computed. */
  #noMore<T extends Literal>(value: T): T {
    this.#skip();
    if (!/^[,)\]}:]/.test(this.#rest)) throw new NotLiteral();
    return value;
  }

  #items(end: string): Literal[] {
    const items: Literal[] = [];
    while (!this.#takes(end)) {
      items.push(this.#value());
      if (!this.#takes(",") && !this.#next(end)) throw new NotLiteral();
    }
    return items;
  }

  #pairs(): Record<string, Literal> {
    const pairs: [string, Literal][] = [];
    while (!this.#takes("}")) {
      const key = this.#value();
      if (!this.#takes(":")) throw new NotLiteral();
      pairs.push([wordOf(key), this.#value()]);
      if (!this.#takes(",") && !this.#next("}")) throw new NotLiteral();
    }
    return Object.fromEntries(pairs);
  }

  #skip(): void {
    this.#rest = this.#rest.replace(SPACE, "");
  }

  #next(token: string): boolean {
    this.#skip();
    return this.#rest.startsWith(token);
  }

  #takes(token: string): boolean {
    if (!this.#next(token)) return false;
    this.#rest = this.#rest.slice(token.length);
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    this.#skip();
    const found = pattern.exec(this.#rest);
    if (found) this.#rest = this.#rest.slice(found[0].length);
    return found;
  }
}

/** @throws NotLiteral for a list or a map, which is no word. */
export function wordOf(value: Literal): string {
  if (typeof value === "object" && value !== null) throw new NotLiteral();
  return String(value);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };

function textIn(quoted: string, isRaw: boolean): string {
  const inner = quoted.slice(1, -1);
  return isRaw
    ? inner
    : inner.replace(
        /\\([\s\S])/g,
        (all, char: string) => ESCAPES[char] ?? ("\\'\"".includes(char) ? char : all),
      );
}
