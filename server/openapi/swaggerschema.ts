import { GVK, PRESERVE } from "./names.ts";
import { isSchema, isSchemas, mapValues, type Schema, withinOf } from "./schema.ts";

/** Keywords of OpenAPI 3 that Swagger 2 does not know. `allOf` it knows, but clients do not understand it there. */
const UNKNOWN = ["allOf", "anyOf", "oneOf", "not", "nullable", "writeOnly", "deprecated"];

/**
 * A schema of OpenAPI 3.0 in the words of Swagger 2.0, with which clients check objects before they send them. What it
 * cannot say is left open, as Kubernetes does for custom resources.
 */
export function swaggerSchemaOf(schema: Schema): Schema {
  const $ref = referenceOf(schema);
  if ($ref !== undefined) return { ...without(schema, [...UNKNOWN, "type"]), $ref };
  if (schema[GVK] !== undefined && schema[PRESERVE] === true) return anyObject(schema);
  const known = without(schema, [...UNKNOWN, ...tooNarrow(schema)]);
  return {
    ...known,
    ...withinOf(known, swaggerSchemaOf),
    ...(isSchema(known.properties) && {
      properties: mapValues(known.properties as Record<string, Schema>, swaggerSchemaOf),
    }),
    ...requiredOf(schema),
    ...(schema.format === "int-or-string" && { type: "string" }),
  };
}

/** Where a schema leads that is a reference, alone or beside a description. */
function referenceOf({ $ref, allOf }: Schema): string | undefined {
  const only: unknown = $ref ?? (isSchemas(allOf) && allOf.length === 1 ? allOf[0]!.$ref : undefined);
  return typeof only === "string" ? only.replace("#/components/schemas/", "#/definitions/") : undefined;
}

/** A kind that may have any field. Were a single one named, kubectl would take all others to be wrong. */
const anyObject = ({ description, [GVK]: gvk }: Schema): Schema => ({
  type: "object",
  description,
  [GVK]: gvk,
});

/** Keywords that would have kubectl refuse what the server takes: null, or fields that are not named. */
function tooNarrow({ type, items, nullable, [PRESERVE]: preserve }: Schema): string[] {
  const isOpen = nullable === true || preserve === true;
  const hasNoItems = type === "array" && (isOpen || items === undefined);
  const isUntyped = nullable === true || hasNoItems || (preserve === true && type === "object");
  return [...(isOpen ? ["items", "properties"] : []), ...(isUntyped ? ["type"] : [])];
}

/** A field that may be null is not required: with null, kubectl would take it to be missing. */
function requiredOf({ required, properties, additionalProperties }: Schema): Schema {
  if (!Array.isArray(required)) return {};
  const kept = mayBeNull(additionalProperties)
    ? []
    : required.filter((name) => !mayBeNull((properties as Schema | undefined)?.[name as string]));
  return { required: kept.length > 0 ? kept : undefined };
}

const mayBeNull = (schema: unknown): boolean => isSchema(schema) && schema.nullable === true;

const without = (schema: Schema, keywords: readonly string[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
