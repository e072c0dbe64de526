import type { Kind } from "../../apis/kind.ts";
import { API_VERSION, KIND } from "./meta.ts";
import { describedRef, META, openApiSchemaOf, refTo, type Schema } from "./schema.ts";

/** Name of the definition of a kind, made as Kubernetes does: `dev.tiltish.v1alpha1.LocalProcess`. */
export function schemaName({ group, version, kind, builtIn }: Kind): string {
  const prefix = builtIn
    ? `io.k8s.api.${group.split(".")[0] || "core"}`
    : group.split(".").toReversed().join(".");
  return `${prefix}.${version}.${kind}`;
}

export const listSchemaName = (kind: Kind): string => `${schemaName(kind)}List`;

/** The definitions of a kind and of its list. */
export const schemasOf = (kind: Kind): Record<string, Schema> => ({
  [schemaName(kind)]: objectSchema(kind),
  [listSchemaName(kind)]: listSchema(kind),
  ...definitionsOf(kind),
});

/** What the schema of a kind refers to. */
function definitionsOf({ schema }: Kind): Record<string, Schema> {
  const { definitions = {} } = schema as { definitions?: Record<string, Schema> };
  return Object.fromEntries(Object.entries(definitions).map(([name, one]) => [name, openApiSchemaOf(one)]));
}

/** What a spec or a status is, where the kind does not say it better. */
const FIELDS: Record<string, string> = {
  spec: "What should be.",
  status: "What is. Written by controllers, through the status subresource.",
};

function objectSchema(kind: Kind): Schema {
  const { properties, required } = openApiSchemaOf(kind.schema as unknown as Schema);
  const fields = Object.entries(properties as Record<string, Schema>).map(
    ([name, field]) => [name, { ...(FIELDS[name] && { description: FIELDS[name] }), ...field }] as const,
  );
  return {
    type: "object",
    description: kind.description,
    ...(required !== undefined && { required }),
    properties: {
      apiVersion: API_VERSION,
      kind: KIND,
      metadata: describedRef(`${META}.ObjectMeta`, "Name, labels, owners and the like."),
      ...Object.fromEntries(fields),
    },
    ...selectableFields(kind),
    "x-kubernetes-group-version-kind": [gvkOf(kind)],
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
  "x-kubernetes-group-version-kind": [{ ...gvkOf(kind), kind: `${kind.kind}List` }],
});

const gvkOf = ({ group, version, kind }: Kind) => ({ group, version, kind });

function selectableFields({ builtIn, selectableFields }: Kind): Schema {
  const paths = Object.values(selectableFields).map((path) => ({ fieldPath: path.replace(/^\./, "") }));
  return builtIn || paths.length === 0 ? {} : { "x-kubernetes-selectable-fields": paths };
}
