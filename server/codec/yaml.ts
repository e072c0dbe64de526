import { dump, load, YAMLException } from "js-yaml";
import { badRequest } from "../../apis/errors.ts";
import { checkValue, checkWholeNumbers, MAX_DEPTH, textOf, type Decoded } from "./json.ts";

/**
 * Decodes one YAML document, with the limits of JSON. Aliases are refused: a few of them stand for gigabytes.
 *
 * @throws StatusError `BadRequest`; also for a field that is given twice.
 */
export function decodeYaml(bytes: Buffer): Decoded {
  const value = parse(textOf(bytes));
  checkValue(value);
  return { value, duplicateFields: [] };
}

/** The same, and refuses whole numbers that may not be what was written. */
export function decodeExactYaml(bytes: Buffer): Decoded {
  const decoded = decodeYaml(bytes);
  checkWholeNumbers(decoded.value);
  return decoded;
}

function parse(text: string): unknown {
  try {
    return load(text, { maxDepth: MAX_DEPTH, maxAliases: 0 });
  } catch (error) {
    // A RangeError of a parser that ran out of stack is the client's doing as well.
    throw badRequest(`the body of the request is not valid YAML: ${reasonOf(error as Error)}`);
  }
}

/** Without the lines around the mistake, which may be as long as the body. */
const reasonOf = (error: Error): string =>
  error instanceof YAMLException ? error.toString(true).replace(/^\w+: /, "") : error.message;

export const encodeYaml = (value: unknown): Buffer =>
  Buffer.from(dump(value, { noRefs: true, lineWidth: -1 }), "utf8");
