import { childrenOf, type Entry, type Expr, type Item } from "./ast.ts";
import { isReserved } from "./escapes.ts";
import { type Token, tokensOf } from "./lexer.ts";
import { macroOf } from "./macros.ts";
import { Uint } from "./values.ts";

const MAX_LENGTH = 64 * 1024;
const MAX_DEPTH = 100;

/**
 * Reads an expression of the Common Expression Language: https://github.com/google/cel-spec
 *
 * @throws SyntaxError that says what is wrong.
 */
export function parseExpression(text: string): Expr {
  if (text.length > MAX_LENGTH) throw new SyntaxError(`longer than ${MAX_LENGTH} characters`);
  const expr = new Parser(tokensOf(text)).whole();
  checkDepth(expr);
  return expr;
}

/** Chains such as `a + b + …` nest without a parenthesis. */
const MAX_CHAIN = 1000;

function checkDepth(root: Expr): void {
  let level: readonly Expr[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_CHAIN) throw new SyntaxError("the expression is too long");
    level = level.flatMap(childrenOf);
  }
}

/** Operators that come before others, weakest first. */
const BINARY: readonly (readonly string[])[] = [
  ["<", "<=", ">=", ">", "==", "!=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expr {
    const expr = this.#expression();
    if (this.#next.type !== "end") throw this.#unexpected();
    return expr;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(text: string): boolean {
    const { type, text: found } = this.#next;
    return (type === "sign" || text === "in") && type !== "string" && found === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(`expecting '${text}'`);
  }

  #unexpected(expecting = "not expected here"): SyntaxError {
    const { text, at, type } = this.#next;
    return new SyntaxError(`at ${at}: '${type === "end" ? "<EOF>" : text}' ${expecting}`);
  }

  #expression(): Expr {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError("the expression nests too deeply");
    const test = this.#or();
    const expr = this.#take("?") ? this.#condition(test) : test;
    this.#depth--;
    return expr;
  }

  #condition(test: Expr): Expr {
    const yes = this.#or();
    this.#expect(":");
    return { kind: "condition", test, yes, no: this.#expression() };
  }

  #or(): Expr {
    let left = this.#and();
    while (this.#take("||")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expr {
    let left = this.#binary(0);
    while (this.#take("&&")) left = { kind: "and", left, right: this.#binary(0) };
    return left;
  }

  #binary(level: number): Expr {
    const operators = BINARY[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (
      let name = operators.find((one) => this.#is(one));
      name;
      name = operators.find((one) => this.#is(one))
    ) {
      this.#at++;
      left = { kind: "call", name, target: undefined, args: [left, this.#binary(level + 1)] };
    }
    return left;
  }

  #unary(): Expr {
    const sign = ["!", "-"].find((one) => this.#is(one));
    const isOdd = sign !== undefined && this.#takeAll(sign) % 2 === 1;
    if (sign === "-" && isOdd && ["int", "double"].includes(this.#next.type)) return this.#negativeNumber();
    const expr = this.#member();
    return sign && isOdd ? { kind: "call", name: `${sign}_`, target: undefined, args: [expr] } : expr;
  }

  /** Two undo each other, and a hundred are not to be a hundred calls. */
  #takeAll(sign: string): number {
    let times = 0;
    while (this.#take(sign)) times++;
    return times;
  }

  /** The smallest number has no positive counterpart. */
  #negativeNumber(): Expr {
    const token = this.#next;
    const value = token.type === "int" ? -BigInt(token.text) : -Number(token.text);
    this.#at++;
    return this.#trailers({ kind: "literal", value: inRange(value) });
  }

  #member(): Expr {
    return this.#trailers(this.#primary());
  }

  #trailers(start: Expr): Expr {
    let expr = start;
    for (;;) {
      if (this.#take(".")) expr = this.#selected(expr, this.#take("?"));
      else if (this.#take("[")) expr = this.#indexed(expr, this.#take("?"));
      else return expr;
    }
  }

  #selected(of: Expr, optional: boolean): Expr {
    const field = this.#name();
    if (optional || !this.#take("(")) return { kind: "select", of, field, optional };
    return macroOf(field, of, this.#arguments());
  }

  #indexed(of: Expr, optional: boolean): Expr {
    const key = this.#expression();
    this.#expect("]");
    return { kind: "index", of, key, optional };
  }

  #name(): string {
    if (this.#next.type !== "name") throw this.#unexpected("expecting a name");
    return this.#tokens[this.#at++]!.text;
  }

  #arguments(): Expr[] {
    const args: Expr[] = [];
    while (!this.#take(")")) {
      args.push(this.#expression());
      if (!this.#is(")")) this.#expect(",");
    }
    return args;
  }

  #primary(): Expr {
    if (this.#take("(")) {
      const expr = this.#expression();
      this.#expect(")");
      return expr;
    }
    if (this.#take("[")) return { kind: "list", items: this.#items() };
    if (this.#take("{")) return { kind: "map", entries: this.#entries() };
    this.#take("."); // names of the outermost scope are the only ones
    return this.#next.type === "name" ? this.#named() : this.#literal();
  }

  #named(): Expr {
    const name = this.#name();
    if (name === "true" || name === "false") return { kind: "literal", value: name === "true" };
    if (name === "null") return { kind: "literal", value: null };
    if (isReserved(name)) throw new SyntaxError(`reserved identifier: ${name}`);
    if (this.#is("{")) throw new SyntaxError(`there are no messages of type ${name}`);
    return this.#take("(") ? macroOf(name, undefined, this.#arguments()) : { kind: "name", name };
  }

  #literal(): Expr {
    const token = this.#next;
    const value = literalOf(token);
    if (value === undefined) throw this.#unexpected();
    this.#at++;
    return { kind: "literal", value };
  }

  #items(): Item[] {
    const items: Item[] = [];
    while (!this.#take("]")) {
      const optional = this.#take("?");
      items.push({ optional, value: this.#expression() });
      if (!this.#is("]")) this.#expect(",");
    }
    return items;
  }

  #entries(): Entry[] {
    const entries: Entry[] = [];
    while (!this.#take("}")) {
      const optional = this.#take("?");
      const key = this.#expression();
      this.#expect(":");
      entries.push({ optional, key, value: this.#expression() });
      if (!this.#is("}")) this.#expect(",");
    }
    return entries;
  }
}

function literalOf({ type, text }: Token) {
  switch (type) {
    case "int":
      return inRange(BigInt(text));
    case "uint":
      return new Uint(BigInt(text.slice(0, -1)));
    case "double":
      return Number(text);
    case "string":
      return text;
    case "bytes":
      return new Uint8Array(Buffer.from(text, "utf8"));
    default:
      return undefined;
  }
}

function inRange<T extends bigint | number>(value: T): T {
  if (typeof value === "bigint" && BigInt.asIntN(64, value) !== value)
    throw new SyntaxError(`invalid int literal ${value}`);
  return value;
}
