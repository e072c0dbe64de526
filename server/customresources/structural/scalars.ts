import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { compilePattern, type Pattern } from "../../../apis/regexp/index.ts";
import type { Spend } from "../work.ts";
import { formats } from "./formats.ts";
import { invalidValue, tooLong, wrongType } from "./problems.ts";

/** Where a text is, and who is told what it costs to look at. */
interface Asked {
  readonly field: string;
  readonly spend: Spend;
}

/** What a schema asks of a string. */
export function stringProblems(text: string, schema: JsonSchema, { field, spend }: Asked): FieldError[] {
  const { minLength, maxLength, pattern, format } = schema;
  const problems: FieldError[] = [];
  spend(text.length / 100);
  if (maxLength !== undefined && text.length > maxLength && lengthOf(text) > maxLength)
    problems.push(tooLong(field, maxLength));
  if (minLength !== undefined && lengthOf(text) < minLength)
    problems.push(invalidValue(field, text, `${field} in body should be at least ${minLength} chars long`));
  if (pattern && !patternOf(schema).test(text, spend))
    problems.push(invalidValue(field, text, `${field} in body should match '${pattern}'`));
  const isOfFormat = format !== undefined && Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (isOfFormat && !isOfFormat(text)) problems.push(wrongType(field, text, format!));
  return problems;
}

/** In characters, of which some take two places in a string. */
const lengthOf = (text: string): number => Array.from(text).length;

const patterns = new WeakMap<JsonSchema, Pattern>();

function patternOf(schema: JsonSchema): Pattern {
  let pattern = patterns.get(schema);
  if (!pattern) patterns.set(schema, (pattern = compilePattern(schema.pattern!)));
  return pattern;
}

/** What a schema asks of a number. */
export function numberProblems(value: number, schema: JsonSchema, field: string): FieldError[] {
  const { minimum, maximum, multipleOf, format } = schema;
  const problem = (why: string) => invalidValue(field, value, `${field} in body should be ${why}`);
  const problems: FieldError[] = [];
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum))
    problems.push(problem(`greater than ${schema.exclusiveMinimum ? "" : "or equal to "}${minimum}`));
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum))
    problems.push(problem(`less than ${schema.exclusiveMaximum ? "" : "or equal to "}${maximum}`));
  if (multipleOf !== undefined && !isMultiple(value, multipleOf))
    problems.push(problem(`a multiple of ${multipleOf}`));
  const range = format !== undefined && Object.hasOwn(RANGES, format) ? RANGES[format] : undefined;
  if (range && !(value >= range[0] && value <= range[1]))
    problems.push(
      invalidValue(field, value, `Checked value must be of type ${schema.type} with format ${format}`),
    );
  return problems;
}

/** Also for fractions that have no exact form, such as 0.3 of 0.1. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) <= Number.EPSILON * Math.max(1, Math.abs(quotient));
}

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  // The largest number below the limit; the limit itself is one too many.
  int64: [-(2 ** 63), 2 ** 63 - 1024],
  uint64: [0, 2 ** 64 - 2048],
  float: [-3.4028234663852886e38, 3.4028234663852886e38],
};
