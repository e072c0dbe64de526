import { API_VERSION, KIND, METADATA } from "./typemeta.ts";
import { isSchema, mapValues, type Schema, withinOf } from "./schema.ts";

/**
 * What the structural schema of a custom kind is in OpenAPI 3.0: itself. Said in full is what its extensions mean:
 * that a number or a string is one of two types, and that an embedded resource is an object with metadata.
 */
export function structuralSchemaOf(schema: Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  return embedded(
    unfolded({
      ...schema,
      // Below allOf and the like there are only conditions on values.
      ...withinOf({ items, additionalProperties }, structuralSchemaOf),
      ...(isSchema(properties) && {
        properties: mapValues(properties as Record<string, Schema>, structuralSchemaOf),
      }),
    }),
  );
}

const INTEGER_OR_STRING = [{ type: "integer" }, { type: "string" }];

/** A schema may say it itself, with a condition of its own beside it. */
function unfolded(schema: Schema): Schema {
  const isSaid =
    !schema["x-kubernetes-int-or-string"] || schema.anyOf !== undefined || schema.allOf !== undefined;
  return isSaid ? schema : { ...schema, anyOf: INTEGER_OR_STRING };
}

function embedded(schema: Schema): Schema {
  if (schema["x-kubernetes-embedded-resource"] !== true) return schema;
  const required = new Set([...((schema.required ?? []) as string[]), "kind", "apiVersion"]);
  return {
    ...schema,
    required: [...required],
    properties: {
      ...(schema.properties as Schema | undefined),
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: METADATA,
    },
  };
}
