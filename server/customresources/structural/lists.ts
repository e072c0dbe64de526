import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { duplicate, invalidValue, tooMany } from "./problems.ts";
import { canonical, isRecord } from "./values.ts";

/** What a schema asks of a list as a whole. */
export function listProblems(list: readonly unknown[], schema: JsonSchema, field: string): FieldError[] {
  const { minItems, maxItems } = schema;
  const problems: FieldError[] = [];
  if (maxItems !== undefined && list.length > maxItems) problems.push(tooMany(field, list.length, maxItems));
  if (minItems !== undefined && list.length < minItems)
    problems.push(
      invalidValue(field, list.length, `${field} in body should have at least ${minItems} items`),
    );
  return [...problems, ...duplicates(list, schema, field)];
}

/** More than is told to anybody. */
const MAX_DUPLICATES = 200;

/** Items of a set, or of a map list those with the same keys, that are there twice. */
function duplicates(list: readonly unknown[], schema: JsonSchema, field: string): FieldError[] {
  const identityOf = identityIn(schema);
  if (!identityOf) return [];
  const seen = new Set<string>();
  const problems: FieldError[] = [];
  for (const [i, item] of list.entries()) {
    const identity = identityOf(item);
    const text = canonical(identity);
    if (seen.has(text)) problems.push(duplicate(`${field}[${i}]`, identity));
    seen.add(text);
    if (problems.length >= MAX_DUPLICATES) break;
  }
  return problems;
}

/** What tells the items of a list apart; undefined for lists in which nothing does. */
export function identityIn(schema: JsonSchema): ((item: unknown) => unknown) | undefined {
  const type = schema["x-kubernetes-list-type"];
  const { "x-kubernetes-list-map-keys": keys = [] } = schema;
  if (type === "set") return (item) => item;
  if (type === "map") return (item) => (isRecord(item) ? keysOf(item, keys) : item);
  return undefined;
}

const keysOf = (item: Record<string, unknown>, keys: readonly string[]) =>
  Object.fromEntries(keys.map((key) => [key, item[key]]));
