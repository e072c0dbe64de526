import type { ObjectMeta } from "../../apis/meta.ts";

const KEY = Buffer.from('"metadata":');
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, OPEN_OBJECT, CLOSE_ARRAY, CLOSE_OBJECT] = [0x5b, 0x7b, 0x5d, 0x7d];

/**
 * The metadata of an object in compact JSON, without parsing the rest of it, which is mostly the larger part.
 *
 * Indexes bytes because UTF-8 has no ASCII inside other characters.
 */
export function metadataIn(bytes: Buffer): ObjectMeta {
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    // A text that is no key is never followed by a colon.
    if (byte === QUOTE && depth === 1 && KEY.compare(bytes, i, i + KEY.length) === 0) {
      const start = i + KEY.length;
      return JSON.parse(bytes.toString("utf8", start, endOfValue(bytes, start))) as ObjectMeta;
    }
    if (byte === QUOTE) i = endOfString(bytes, i);
    else depth += stepOf(byte);
  }
  throw new TypeError("an object without metadata");
}

/** Behind the map or list that begins at `start`. */
function endOfValue(bytes: Buffer, start: number): number {
  let depth = 0;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if ((depth += stepOf(byte)) === 0) return i + 1;
  }
  return bytes.length;
}

function endOfString(bytes: Buffer, start: number): number {
  for (let i = start + 1; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i++;
    else if (bytes[i] === QUOTE) return i;
  }
  return bytes.length;
}

function stepOf(byte: number): number {
  if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) return 1;
  return byte === CLOSE_OBJECT || byte === CLOSE_ARRAY ? -1 : 0;
}
