import type { FieldError } from "../errors.ts";

/** Of all values together, decoded. */
const MAX_DATA_BYTES = 1024 * 1024;
const MAX_KEY = 253;

type Data = Readonly<Record<string, string>> | undefined;

/** What the pattern of a key cannot say: mounted, it is the name of a file. */
export const keyErrors = (field: string, data: Data): FieldError[] =>
  Object.keys(data ?? {}).flatMap((key) => {
    const why = problemOf(key);
    return why === undefined ? [] : [bad(`${field}[${key}]`, key, why)];
  });

function problemOf(key: string): string | undefined {
  if (key === "." || key === "..") return `must not be '${key}'`;
  if (key.startsWith("..")) return "must not start with '..'";
  return key.length > MAX_KEY ? `must be no more than ${MAX_KEY} characters` : undefined;
}

/** Keys that two maps of one object both have. */
export const duplicateErrors = (data: Data, binaryData: Data): FieldError[] =>
  Object.keys(data ?? {})
    .filter((key) => Object.hasOwn(binaryData ?? {}, key))
    .map((key) => bad(`data[${key}]`, key, "duplicate of key present in binaryData"));

/** @param field of the map that is told of. */
export function sizeErrors(field: string, texts: Data, base64: Data): FieldError[] {
  const textBytes = Object.values(texts ?? {}).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const bytes = Object.values(base64 ?? {}).reduce(
    (sum, text) => sum + Buffer.byteLength(text, "base64"),
    textBytes,
  );
  if (bytes <= MAX_DATA_BYTES) return [];
  return [
    { field, message: `Too long: may not be more than ${MAX_DATA_BYTES} bytes`, reason: "FieldValueTooLong" },
  ];
}

const bad = (field: string, value: string, why: string): FieldError => ({
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  reason: "FieldValueInvalid",
});
