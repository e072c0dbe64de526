import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import { decodeMetadata } from "../../admission/metadata.ts";
import { join } from "../../admission/prune.ts";
import { isRecord } from "./values.ts";

/** Where a walk is. */
interface Place {
  /** Such as `spec.tags[0]`. */
  readonly path: string;
  /** Gets the path of each field that was left out. */
  readonly unknown: string[];
  /** Leaves out metadata of a wrong type as well. */
  readonly isLenient?: boolean;
}

/** Knows no fields at all. */
const NOTHING: JsonSchema = {};
const PRESERVE = "x-kubernetes-preserve-unknown-fields";
const TYPE_AND_METADATA = new Set(["apiVersion", "kind", "metadata"]);

/**
 * A copy of `value` with only the fields that a structural schema has, and without nulls where null is no value:
 * there it says that the field is to have its default, or is not there.
 *
 * @throws StatusError `BadRequest` for metadata of an embedded object with fields of a wrong type.
 */
export function pruned(value: unknown, schema: JsonSchema, place: Place): unknown {
  if (Array.isArray(value)) return prunedItems(value, schema, place);
  return isRecord(value) ? prunedFields(value, schema, place) : value;
}

/**
 * The same of what is stored already, and may have been stored under another schema.
 *
 * Never throws.
 */
export const readable = (fields: object, schema: JsonSchema): object =>
  pruned(fields, schema, { path: "", unknown: [], isLenient: true }) as object;

function prunedItems(values: readonly unknown[], schema: JsonSchema, place: Place): unknown[] {
  const { items = NOTHING, [PRESERVE]: isOpen } = schema;
  if (isOpen && !schema.items) return structuredClone(values) as unknown[];
  const itemSchema = isOpen ? { ...items, [PRESERVE]: true } : items;
  return values.map((item, i) =>
    item === null && isUnset(item, items) && items.default !== undefined
      ? structuredClone(items.default)
      : pruned(item, itemSchema, { ...place, path: `${place.path}[${i}]` }),
  );
}

function prunedFields(value: Record<string, unknown>, schema: JsonSchema, place: Place) {
  const result: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    const path = join(place.path, key);
    const known = schemaOfField(schema, key);
    if (schema["x-kubernetes-embedded-resource"] && TYPE_AND_METADATA.has(key))
      keepMetadata(result, { ...place, key, child, path });
    else if (known === undefined) place.unknown.push(path);
    else if (known === "anything") result[key] = structuredClone(child);
    else if (!isUnset(child, known)) result[key] = pruned(child, known, { ...place, path });
  }
  return result;
}

interface Kept extends Place {
  key: string;
  child: unknown;
}

function keepMetadata(result: Record<string, unknown>, kept: Kept): void {
  const { key, child, path, unknown, isLenient } = kept;
  if (child === null) return;
  if (key !== "metadata" || !isRecord(child)) result[key] = child;
  else result[key] = decodeMetadata(isLenient ? wellTyped(child) : child, unknown, path);
}

const wellTyped = (metadata: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(metadata).filter(([field, value]) => isWellTyped({ [field]: value })));

function isWellTyped(metadata: object): boolean {
  try {
    decodeMetadata(metadata, []);
    return true;
  } catch {
    return false;
  }
}

/** Null where it is no value. */
export const isUnset = (value: unknown, { nullable, type, ...rest }: JsonSchema): boolean =>
  value === undefined ||
  (value === null && !nullable && (type !== undefined || rest["x-kubernetes-int-or-string"] === true));

/** The schema of a field; undefined for one that is not known. */
function schemaOfField(schema: JsonSchema, key: string): JsonSchema | "anything" | undefined {
  const { properties, additionalProperties } = schema;
  if (properties && Object.hasOwn(properties, key)) return properties[key];
  if (typeof additionalProperties === "object") return additionalProperties;
  if (schema[PRESERVE]) return "anything";
  // Of the values of such a map nothing is known, so of objects among them nothing is left, as in Kubernetes.
  return additionalProperties ? NOTHING : undefined;
}
