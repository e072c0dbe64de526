import { type Field, isBlank, type Json, parseJson, textOf } from "./json.ts";

/** What the body of a PUT asks for. */
export interface Upload {
  /** What is to be written, by key; of several with the same key the last. */
  readonly contents: ReadonlyMap<string, Buffer>;
  /** Keys whose entries cannot be read. They are not touched. */
  readonly bad: readonly string[];
  /** The first thing that is wrong with it; undefined if nothing is. */
  readonly problem: string | undefined;
}

const NOTHING: Upload = { contents: new Map(), bad: [], problem: undefined };

/** Reads the body of a PUT: an object of entries. An empty one asks for nothing, which is what an empty set is sent as. */
export function uploadOf(body: Buffer): Upload {
  if (isBlank(body)) return NOTHING;
  try {
    const value = parseJson(body);
    if (value.type === "null") return NOTHING;
    return value.type === "object" ? entriesOf(value.fields) : refused(`cannot take ${value.type} for files`);
  } catch (error) {
    if (error instanceof SyntaxError) return refused(error.message);
    throw error;
  }
}

const refused = (problem: string): Upload => ({ ...NOTHING, problem });

function entriesOf(fields: readonly Field[]): Upload {
  const [contents, bad] = [new Map<string, Buffer>(), new Map<string, string>()];
  // Of doubles the last one counts, whole.
  for (const [key, value] of new Map(fields.map(({ name, value }) => [name, value]))) {
    try {
      contents.set(key, contentOf(value));
    } catch (error) {
      bad.set(key, `${key}: ${(error as Error).message}`);
    }
  }
  return { contents, bad: [...bad.keys()], problem: [...bad.values()][0] };
}

/** @throws Error that says what is wrong with the entry. */
function contentOf(entry: Json): Buffer {
  if (entry.type !== "object") throw new Error(`cannot take ${entry.type} for a file`);
  let content: Buffer = Buffer.alloc(0);
  for (const { name, value } of entry.fields) {
    const field = name.toLowerCase();
    if (field === "content") content = bytesOf(value, content);
    else if (field === "checksum" && value.type !== "string" && value.type !== "null")
      throw new Error(`cannot take ${value.type} for Checksum`);
    else if (field === "modification") checkInteger(value);
  }
  return content;
}

/** Modification says nothing here, but what is no integer is refused. */
function checkInteger(value: Json): void {
  if (value.type === "null") return;
  const isInteger = value.type === "number" && /^-?[0-9]{1,19}$/.test(value.text);
  if (!isInteger || BigInt.asIntN(64, BigInt(value.text)) !== BigInt(value.text))
    throw new Error(`cannot take ${value.type === "number" ? value.text : value.type} for Modification`);
}

/** Base64 as a string, or bytes as numbers. */
function bytesOf(value: Json, former: Buffer): Buffer {
  if (value.type === "null") return Buffer.alloc(0);
  if (value.type === "string") return decoded(value.raw);
  if (value.type !== "array") throw new Error(`cannot take ${value.type} for Content`);
  return Buffer.from(value.items.map((item, at) => byteOf(item, former[at] ?? 0)));
}

function byteOf(item: Json, former: number): number {
  if (item.type === "null") return former;
  const byte = item.type === "number" && /^[0-9]{1,3}$/.test(item.text) ? Number(item.text) : 256;
  if (byte > 255) throw new Error("cannot take an array of other things than bytes for Content");
  return byte;
}

/** With padding and in the standard alphabet; line ends are passed over. */
function decoded(raw: Buffer): Buffer {
  const text = (raw.includes("\\") ? textOf(raw) : raw.toString("latin1")).replace(/[\r\n]+/g, "");
  const letters = text.endsWith("==") ? text.slice(0, -2) : text.endsWith("=") ? text.slice(0, -1) : text;
  const bad = letters.search(/[^A-Za-z0-9+/]/);
  if (bad >= 0) throw new Error(`illegal base64 data at input byte ${bad}`);
  if (text.length % 4 !== 0) throw new Error(`illegal base64 data at input byte ${text.length}`);
  return Buffer.from(letters, "base64");
}
