import { isUtf8 } from "node:buffer";
import { fieldsOf, type WireValue } from "./wire.ts";

/** Makes a value of JSON from one on the wire; undefined for what JSON leaves out. */
type Reader = (value: WireValue) => unknown;

interface Field {
  readonly name: string;
  readonly read: Reader;
  readonly shape: "one" | "list" | "map";
}

/** The fields of a message by their numbers. Others are passed over, as every reader of protobuf does. */
export type Message = Readonly<Record<number, Field>>;

export const one = (name: string, read: Reader): Field => ({ name, read, shape: "one" });
export const list = (name: string, read: Reader): Field => ({ name, read, shape: "list" });
export const map = (name: string, read: Reader): Field => ({ name, read, shape: "map" });

/** The JSON of a message. @throws RangeError if the bytes are none. */
export function readMessage(message: Message, bytes: Buffer): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [number, value] of fieldsOf(bytes)) {
    const field = message[number];
    if (field) set(object, field, value);
  }
  return object;
}

function set(object: Record<string, unknown>, { name, read, shape }: Field, value: WireValue): void {
  if (shape === "map") {
    const entries = (object[name] ??= {}) as Record<string, unknown>;
    const { key = "", value: text = read(Buffer.alloc(0)) } = readMessage(entryOf(read), bytesOf(value));
    if (key === "__proto__") throw new RangeError('the field name "__proto__" is not allowed');
    entries[key as string] = text;
    return;
  }
  const item = read(value);
  if (item === undefined) return;
  if (shape === "list") ((object[name] ??= []) as unknown[]).push(item);
  else object[name] = item;
}

const entryOf = (read: Reader): Message => ({ 1: one("key", keptText), 2: one("value", read) });

function bytesOf(value: WireValue): Buffer {
  if (typeof value === "number") throw new RangeError("a number is where bytes should be");
  return value;
}

/** Text that is there even when it is empty: a pointer in Go, or an item of a list or map. */
export const keptText: Reader = (value) => {
  const bytes = bytesOf(value);
  if (!isUtf8(bytes)) throw new RangeError("text is not valid UTF-8");
  return bytes.toString("utf8");
};

/** Go writes every text, and means nothing by an empty one. */
export const text: Reader = (value) => keptText(value) || undefined;

export const bytes: Reader = (value) => bytesOf(value).toString("base64");

/** A number that is there even when it is 0: a pointer in Go. */
export const keptInteger: Reader = (value) => {
  if (typeof value !== "number") throw new RangeError("bytes are where a number should be");
  return value;
};

export const integer: Reader = (value) => keptInteger(value) || undefined;

export const boolean: Reader = (value) => keptInteger(value) !== 0;

/** A boolean that Go leaves out of JSON when it is false. */
export const flag: Reader = (value) => keptInteger(value) !== 0 || undefined;

export const double: Reader = (value) => {
  const number = bytesOf(value);
  if (number.length !== 8) throw new RangeError("a double has 8 bytes");
  return number.readDoubleLE();
};

export const nested =
  (message: Message): Reader =>
  (value) =>
    readMessage(message, bytesOf(value));

const TIMESTAMP: Message = { 1: one("seconds", integer), 2: one("nanos", integer) };

/** Go has no other way of saying "no time" than the epoch. */
function dateOf(value: WireValue): { iso: string; micros: number } | undefined {
  const { seconds = 0, nanos = 0 } = readMessage(TIMESTAMP, bytesOf(value)) as Record<string, number>;
  if (seconds === 0 && nanos === 0) return undefined;
  const iso = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "");
  return { iso, micros: Math.floor(nanos / 1000) };
}

export const time: Reader = (value) => {
  const date = dateOf(value);
  return date && `${date.iso}Z`;
};

export const microTime: Reader = (value) => {
  const date = dateOf(value);
  return date && `${date.iso}.${String(date.micros).padStart(6, "0")}Z`;
};

/** JSON inside of a message. */
export const json: Reader = (value) => JSON.parse(keptText(value) as string) as unknown;
