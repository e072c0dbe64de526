import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { Spend } from "../work.ts";
import { isUnset } from "./prune.ts";
import { isRecord } from "./values.ts";

/**
 * The value with the defaults of a structural schema where nothing is set, at every depth. The very same value where
 * nothing is missing; what is returned shares what did not change.
 *
 * @param spend is told of every field that is looked at: a short schema can ask for very much.
 * @throws TooCostlyError
 */
export function defaulted(value: unknown, schema: JsonSchema, spend: Spend): unknown {
  if (!hasDefaults(schema)) return value;
  spend(1);
  if (Array.isArray(value)) return defaultedItems(value, schema, spend);
  return isRecord(value) ? defaultedFields(value, schema, spend) : value;
}

function defaultedItems(values: readonly unknown[], { items }: JsonSchema, spend: Spend): unknown {
  if (!items) return values;
  const next = values.map((item) => defaulted(item, items, spend));
  return next.some((item, i) => item !== values[i]) ? next : values;
}

function defaultedFields(value: Record<string, unknown>, schema: JsonSchema, spend: Spend): unknown {
  const { properties = {}, additionalProperties } = schema;
  let result = value;
  const set = (key: string, next: unknown) => {
    if (next === result[key]) return;
    if (result === value) result = { ...value };
    result[key] = next;
  };
  for (const [key, child] of fieldsWithDefaults(schema)) {
    spend(1);
    const present = Object.hasOwn(value, key) ? value[key] : undefined;
    const filled = isUnset(present, child) && child.default !== undefined ? child.default : present;
    if (filled !== undefined) set(key, defaulted(filled, child, spend));
  }
  if (typeof additionalProperties !== "object") return result;
  for (const [key, child] of Object.entries(value)) {
    if (!Object.hasOwn(properties, key)) set(key, defaulted(child, additionalProperties, spend));
  }
  return result;
}

type Field = readonly [name: string, schema: JsonSchema];

const fields = new WeakMap<JsonSchema, readonly Field[]>();

/** Fields that have a default, or something below that has. */
function fieldsWithDefaults(schema: JsonSchema): readonly Field[] {
  let found = fields.get(schema);
  if (!found) {
    const all = Object.entries(schema.properties ?? {});
    found = all.filter(([, child]) => child.default !== undefined || hasDefaults(child));
    fields.set(schema, found);
  }
  return found;
}

const known = new WeakMap<JsonSchema, boolean>();

/** Whether there is a default below: most of a schema has none, and need not be gone through. */
export function hasDefaults(schema: JsonSchema): boolean {
  let has = known.get(schema);
  if (has === undefined) known.set(schema, (has = lookForDefaults(schema)));
  return has;
}

function lookForDefaults({ properties = {}, additionalProperties, items }: JsonSchema): boolean {
  const children = [
    ...Object.values(properties),
    ...(items ? [items] : []),
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
  ];
  return children.some((child) => child.default !== undefined || hasDefaults(child));
}
