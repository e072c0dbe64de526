/** What the original's encoder escapes, because it might stand in a page. */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** Short forms that it does not use. */
const LONG: Readonly<Record<string, string>> = { "\\b": "\\u0008", "\\f": "\\u000c" };

/** A value as the original writes it: its escapes, and a line end. */
export const encode = (value: unknown): string => `${json(value)}\n`;

/** Entries sorted by the bytes of their keys. */
export function encodeSorted(entries: ReadonlyMap<string, object>): string {
  const keys = [...entries.keys()].map((key) => ({ key, bytes: Buffer.from(key) }));
  keys.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  return `{${keys.map(({ key }) => `${json(key)}:${json(entries.get(key))}`).join(",")}}\n`;
}

const json = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/\\./g, (pair) => LONG[pair] ?? pair)
    .replace(ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
