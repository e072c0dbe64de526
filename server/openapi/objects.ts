import { type Kind, listKindOf } from "../../apis/kind.ts";
import { GVK, gvkOf, listSchemaName, META, schemaName } from "./names.ts";
import { SCALE_SCHEMAS } from "./scale.ts";
import { describedRef, isSchema, mapValues, openApiSchemaOf, refTo, type Schema } from "./schema.ts";
import { structuralSchemaOf } from "./structural.ts";
import { TRIGGER_SCHEMAS } from "./trigger.ts";
import { API_VERSION, KIND, METADATA } from "./typemeta.ts";

/** The schemas of a kind, of its list, and of what they refer to beside metadata. */
export const schemasOf = (kind: Kind): Record<string, Schema> => ({
  ...definitionsOf(kind),
  ...(kind.subresources.scale && SCALE_SCHEMAS),
  ...(kind.subresources.trigger && TRIGGER_SCHEMAS),
  [schemaName(kind)]: objectSchema(kind),
  ...(kind.verbs.includes("list") && { [listSchemaName(kind)]: listSchema(kind) }),
});

/** A schema that refers to itself has definitions, under the full names that they get here. */
function definitionsOf(kind: Kind): Record<string, Schema> {
  const { definitions } = kind.schema as unknown as Schema;
  return isSchema(definitions) ? mapValues(definitions as Record<string, Schema>, openApiSchemaOf) : {};
}

/** What a spec or a status is, where the kind does not say it better. */
const FIELDS: Record<string, string> = {
  spec: "What should be.",
  status: "What is. Written by controllers, through the status subresource.",
};

const TYPE_META = { apiVersion: API_VERSION, kind: KIND, metadata: METADATA };

function objectSchema(kind: Kind): Schema {
  const { properties, description = kind.description, ...rest } = fieldsOf(kind);
  return {
    ...rest,
    type: "object",
    description,
    // First, and in place of what a schema says about them.
    properties: { ...TYPE_META, ...(properties as Schema), ...TYPE_META },
    ...selectableFields(kind),
    [GVK]: [gvkOf(kind)],
  };
}

function fieldsOf(kind: Kind): Schema {
  const schema = kind.schema as unknown as Schema;
  if (kind.custom) return structuralSchemaOf(schema);
  const { properties, ...rest } = openApiSchemaOf(schema);
  return {
    ...rest,
    properties: mapValues(properties as Record<string, Schema>, (field, name) => ({
      ...(FIELDS[name] && !("$ref" in field) && { description: FIELDS[name] }),
      ...field,
    })),
  };
}

const listSchema = (kind: Kind): Schema => ({
  type: "object",
  description: `A list of ${kind.kind} objects.`,
  required: ["items"],
  properties: {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: describedRef(`${META}.ListMeta`, "Revision, and where the next page begins."),
    items: { type: "array", items: refTo(schemaName(kind)), description: "The objects." },
  },
  [GVK]: [{ ...gvkOf(kind), kind: listKindOf(kind) }],
});

function selectableFields({ builtIn, selectableFields }: Kind): Schema {
  const paths = Object.values(selectableFields)
    .flat()
    .map((path) => ({ fieldPath: path.replace(/^\./, "") }));
  return builtIn || paths.length === 0 ? {} : { "x-kubernetes-selectable-fields": paths };
}
