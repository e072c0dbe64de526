import {
  type Content,
  fields,
  keptText,
  members,
  nested,
  repeated,
  text,
  type Write,
} from "../../codec/protobuf/write.ts";

/** The messages of both versions have the names that https://github.com/google/gnostic gives them. */
export type Fields = Readonly<Record<string, readonly [number, Write]>>;

/** Any value, as YAML; JSON is YAML, but for some characters that it need not escape. */
export const any: Write = (out, field, value) => {
  const yaml = JSON.stringify(value)?.replace(/[\u007f-\u009f\ufeff\ufffe\uffff]/g, escaped);
  if (yaml !== undefined) out.messageField(field, () => text(out, 2, yaml));
};

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

export const texts = repeated(keptText);

/** A message of its own around one list or map: `Properties`, `Definitions`, `MediaTypes`. */
export const wrapped = (write: Write): Write => nested((out, value) => write(out, 1, value));
export const mapOf = (write: Write): Write => wrapped(members(write));

/** A message whose members that begin with `x-` are its field of this number. */
export function extensible(table: Fields, number: number): Content {
  const content = fields({ ...table, [EXTENSIONS]: [number, members(any)] });
  return (out, value) => content(out, withExtensions(value as object));
}

/** No member of a document has this name. */
const EXTENSIONS = "x-*";

function withExtensions(value: object): object {
  const extensions = Object.entries(value).filter(([name]) => name.startsWith("x-"));
  return extensions.length > 0 ? { ...value, [EXTENSIONS]: Object.fromEntries(extensions) } : value;
}

export const externalDocs = nested(extensible({ description: [1, text], url: [2, text] }, 3));
