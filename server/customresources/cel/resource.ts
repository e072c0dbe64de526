import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { KubeObject } from "../../../apis/meta.ts";

const TEXT: JsonSchema = { type: "string" };

/** What rules may ask of every object beside its own fields. Of metadata that is only what never changes. */
export const OF_RESOURCES: Readonly<Record<string, JsonSchema>> = {
  apiVersion: TEXT,
  kind: TEXT,
  metadata: { type: "object", properties: { name: TEXT, generateName: TEXT } },
};

/** The schema of a whole object, for rules at its root. */
export const resourceSchema = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  properties: { ...schema.properties, ...OF_RESOURCES },
});

/** A whole object as rules see it. */
export function resourceValue({
  apiVersion,
  kind,
  metadata,
  ...fields
}: KubeObject): Record<string, unknown> {
  const { name, generateName } = metadata;
  return { ...fields, apiVersion, kind, metadata: { name, ...(generateName && { generateName }) } };
}
