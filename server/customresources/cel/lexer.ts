import { escapeOf } from "./escapes.ts";

export interface Token {
  type: "name" | "int" | "uint" | "double" | "string" | "bytes" | "sign" | "end";
  /** Of a string, what it stands for; of anything else, as it is written. */
  text: string;
  at: number;
}

const PATTERNS: readonly [Token["type"] | "space", RegExp][] = [
  ["space", /(?:\s+|\/\/[^\n]*)/y],
  ["double", /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y],
  ["uint", /(?:0[xX][0-9a-fA-F]+|\d+)[uU]/y],
  ["int", /(?:0[xX][0-9a-fA-F]+|\d+)/y],
  ["sign", /(?:&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}])/y],
];
const STRING_START = /(?<prefix>[rRbB]{0,2})(?<quote>"""|'''|"|')/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED_NAME = /`([A-Za-z0-9_.\-/ ]+)`/y;

/** @throws SyntaxError that says where what cannot be read is. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const { token, end } = stringAt(text, at) ?? plainAt(text, at);
    if (token) tokens.push(token);
    at = end;
  }
  return [...tokens, { type: "end", text: "", at }];
}

interface Found {
  token: Token | undefined;
  end: number;
}

function plainAt(text: string, at: number): Found {
  const name = matchAt(NAME, text, at);
  if (name) return { token: { type: "name", text: name[0], at }, end: at + name[0].length };
  const quoted = matchAt(QUOTED_NAME, text, at);
  if (quoted) return { token: { type: "name", text: quoted[1]!, at }, end: at + quoted[0].length };
  for (const [type, pattern] of PATTERNS) {
    const found = matchAt(pattern, text, at);
    if (!found) continue;
    const end = at + found[0].length;
    return { token: type === "space" ? undefined : { type, text: found[0], at }, end };
  }
  throw new SyntaxError(`token recognition error at: '${text.slice(at, at + 10)}'`);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function stringAt(text: string, at: number): Found | undefined {
  const start = matchAt(STRING_START, text, at)?.groups;
  if (!start) return undefined;
  const [prefix, quote] = [start["prefix"]!.toLowerCase(), start["quote"]!];
  const isRaw = prefix.includes("r");
  const type = prefix.includes("b") ? "bytes" : "string";
  let [value, i] = ["", at + prefix.length + quote.length];
  while (!text.startsWith(quote, i)) {
    if (i >= text.length || (quote.length === 1 && text[i] === "\n"))
      throw new SyntaxError(`the string at ${at} has no end`);
    const [piece, length] = !isRaw && text[i] === "\\" ? escapeOf(text, i) : [text[i]!, 1];
    value += piece;
    i += length;
  }
  return { token: { type, text: value, at }, end: i + quote.length };
}
