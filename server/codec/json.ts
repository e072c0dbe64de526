import { isUtf8 } from "node:buffer";
import { badRequest } from "../../apis/errors.ts";

/** A decoded body, and the fields that its text gave twice, as `spec.argv[0].name`. */
export interface Decoded {
  value: unknown;
  duplicateFields: string[];
}

export const MAX_DEPTH = 64;

/**
 * Decodes JSON and refuses what other parsers may read differently: invalid UTF-8, `__proto__`, numbers that
 * do not fit. Nesting is checked before anything is built from it.
 *
 * @throws StatusError `BadRequest`.
 */
export function decodeJson(bytes: Buffer): Decoded {
  return decode(bytes, false);
}

/**
 * The same, and refuses whole numbers that cannot be kept as they are: a rounded one would be another number, or one
 * that clients with 64 bits cannot read.
 */
export function decodeExactJson(bytes: Buffer): Decoded {
  return decode(bytes, true);
}

function decode(bytes: Buffer, isExact: boolean): Decoded {
  const text = textOf(bytes);
  const fields = countFields(bytes, isExact);
  const value = parse(text);
  // The text has more fields than the value only if some were given twice; only then is it worth a second look.
  const duplicateFields = checkValue(value) === fields ? [] : findDuplicates(bytes);
  return { value, duplicateFields };
}

/** @throws StatusError `BadRequest` if it is not UTF-8. */
export function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw badRequest("the body of the request is not valid UTF-8");
  return bytes.toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body of the request is not valid JSON: ${(error as Error).message}`);
  }
}

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_ARRAY, OPEN_OBJECT, CLOSE_ARRAY, CLOSE_OBJECT] = [0x5b, 0x7b, 0x5d, 0x7d];

/** Colons outside of strings. Indexes bytes because UTF-8 has no ASCII inside other characters. */
function countFields(bytes: Buffer, isExact: boolean): number {
  let [fields, depth] = [0, 0];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if (byte === COLON) fields++;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++depth > MAX_DEPTH) throw tooDeep();
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
    else if (isExact && isDigit(byte)) i = endOfNumber(bytes, i) - 1;
  }
  return fields;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** So many digits are kept, whatever they are. */
const SAFE_DIGITS = 15;

/** @throws StatusError `BadRequest` for a whole number that would be rounded. */
function endOfNumber(bytes: Buffer, start: number): number {
  let end = start;
  while (isDigit(bytes[end])) end++;
  const isWhole = !".eE".includes(String.fromCharCode(bytes[end] ?? 0));
  if (isWhole && end - start > SAFE_DIGITS) checkExact(bytes.toString("latin1", start, end));
  while (/[\d.eE+-]/.test(String.fromCharCode(bytes[end] ?? 0))) end++;
  return end;
}

function checkExact(digits: string): void {
  const value = Number(digits);
  // A large float may be written in full; it is the same when it is written again.
  const isKept = !Number.isFinite(value) || String(value) === digits || BigInt(value) === BigInt(digits);
  if (isKept) return;
  throw inexact(digits.slice(0, 40));
}

const inexact = (number: string | number) =>
  badRequest(
    `the number ${number} cannot be kept exactly; whole numbers beyond 9007199254740991 must be written as strings`,
  );

/** For what was decoded by somebody else, of whose digits nothing is known any more. @throws StatusError */
export function checkWholeNumbers(value: unknown): void {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value))
    throw inexact(value);
  if (typeof value === "object" && value !== null)
    for (const below of Object.values(value)) checkWholeNumbers(below);
}

function endOfString(bytes: Buffer, start: number): number {
  for (let i = start + 1; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i++;
    else if (bytes[i] === QUOTE) return i;
  }
  return bytes.length;
}

const tooDeep = () => badRequest(`the body of the request is nested deeper than ${MAX_DEPTH} levels`);

/**
 * Checks what any decoder may have let through, and counts the fields.
 *
 * @throws StatusError `BadRequest`.
 */
export function checkValue(value: unknown, depth = 0): number {
  if (typeof value === "number" && !Number.isFinite(value)) throw badRequest("a number is out of range");
  if (typeof value !== "object" || value === null) return 0;
  if (depth >= MAX_DEPTH) throw tooDeep();
  let fields = 0;
  if (Array.isArray(value)) {
    for (const item of value) fields += checkValue(item, depth + 1);
    return fields;
  }
  for (const [name, field] of Object.entries(value)) {
    if (name === "__proto__") throw badRequest('the field name "__proto__" is not allowed');
    fields += 1 + checkValue(field, depth + 1);
  }
  return fields;
}

/** Where a scan is: in an object, whose names so far are known, or in an array. */
interface Level {
  path: string;
  names: Set<string> | undefined;
  /** Of the field or item that is being read. */
  current: string;
  index: number;
}

/** Paths of fields given more than once. The text is known to be valid JSON. */
function findDuplicates(bytes: Buffer): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  let name = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    const level = levels.at(-1);
    if (byte === QUOTE) {
      const end = endOfString(bytes, i);
      if (level?.names) name = bytes.toString("utf8", i, end + 1);
      i = end;
    } else if (byte === COLON) found.push(...nameField(level!, JSON.parse(name) as string));
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) levels.push(levelBelow(level, byte));
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) levels.pop();
    else if (byte === COMMA && level) level.index++;
  }
  return found;
}

function levelBelow(level: Level | undefined, opening: number): Level {
  const path = level === undefined ? "" : level.names ? level.current : `${level.path}[${level.index}]`;
  return { path, names: opening === OPEN_OBJECT ? new Set() : undefined, current: "", index: 0 };
}

function nameField(level: Level, name: string): string[] {
  level.current = level.path === "" ? name : `${level.path}.${name}`;
  if (level.names!.has(name)) return [level.current];
  level.names!.add(name);
  return [];
}
