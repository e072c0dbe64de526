import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import { isUnset } from "./prune.ts";
import { isRecord } from "./values.ts";

/**
 * The value with the defaults of a structural schema where nothing is set, at every depth. The very same value where
 * nothing is missing; what is returned shares what did not change.
 */
export function defaulted(value: unknown, schema: JsonSchema): unknown {
  if (!hasDefaults(schema)) return value;
  if (Array.isArray(value)) return defaultedItems(value, schema);
  return isRecord(value) ? defaultedFields(value, schema) : value;
}

function defaultedItems(values: readonly unknown[], { items }: JsonSchema): unknown {
  if (!items) return values;
  const next = values.map((item) => defaulted(item, items));
  return next.some((item, i) => item !== values[i]) ? next : values;
}

function defaultedFields(value: Record<string, unknown>, schema: JsonSchema): unknown {
  const { properties = {}, additionalProperties } = schema;
  let result = value;
  const set = (key: string, next: unknown) => {
    if (next === result[key]) return;
    if (result === value) result = { ...value };
    result[key] = next;
  };
  for (const [key, child] of Object.entries(properties)) {
    const present = Object.hasOwn(value, key) ? value[key] : undefined;
    const filled = isUnset(present, child) && child.default !== undefined ? child.default : present;
    if (filled !== undefined) set(key, defaulted(filled, child));
  }
  if (typeof additionalProperties !== "object") return result;
  for (const [key, child] of Object.entries(value)) {
    if (!Object.hasOwn(properties, key)) set(key, defaulted(child, additionalProperties));
  }
  return result;
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
