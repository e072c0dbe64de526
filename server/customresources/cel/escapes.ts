const SIMPLE: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
};

const CODED = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/y;

/**
 * What the escape at a place stands for, and how long it is.
 *
 * @throws SyntaxError
 */
export function escapeOf(text: string, at: number): [text: string, length: number] {
  const simple = SIMPLE[text[at + 1] ?? ""];
  if (simple !== undefined) return [simple, 2];
  CODED.lastIndex = at;
  const found = CODED.exec(text);
  if (!found) throw new SyntaxError(`invalid escape ${text.slice(at, at + 2)} in a string`);
  const [, hex, short, long, octal] = found;
  const code = octal ? Number.parseInt(octal, 8) : Number.parseInt(hex ?? short ?? long!, 16);
  if (code > 0x10ffff) throw new SyntaxError(`invalid escape ${found[0]} in a string`);
  return [String.fromCodePoint(code), found[0].length];
}

/** Words that cannot be names in an expression. */
const RESERVED =
  "true false null in as break const continue else for function if import let loop package namespace return var void while";

const PIECES: Readonly<Record<string, string>> = {
  __underscores__: "__",
  __dot__: ".",
  __dash__: "-",
  __slash__: "/",
};

const reserved = new Set(RESERVED.split(" "));

/** The field that a name stands for: fields that no expression could name are written as `__dash__`, `__for__`… */
export function fieldNamed(name: string): string {
  if (!name.includes("__")) return name;
  const word = /^__([a-z]+)__$/.exec(name)?.[1];
  if (word !== undefined && reserved.has(word)) return word;
  return name.replaceAll(/__(?:underscores|dot|dash|slash)__/g, (piece) => PIECES[piece]!);
}

export const isReserved = (name: string): boolean => reserved.has(name);
