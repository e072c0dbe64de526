import { ALL_KINDS } from "../../apis/index.ts";

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  patternProperties?: Record<string, Schema>;
}

const METADATA = [
  "name",
  "generateName",
  "namespace",
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
];

/** The names of the fields that could stand where the given one does. */
export function fieldsBeside(kind: string, field: string): string[] {
  const steps = field
    .replace(/\[[^\]]*\]/g, ".[]")
    .split(".")
    .slice(0, -1);
  const root = ALL_KINDS.find((candidate) => candidate.kind === kind)?.schema as Schema | undefined;
  if (steps.length === 0) return ["apiVersion", "kind", "metadata", ...Object.keys(root?.properties ?? {})];
  if (steps[0] === "metadata") return METADATA;
  let schema = root;
  for (const step of steps) schema = schema && below(schema, step);
  return Object.keys(schema?.properties ?? {});
}

function below(schema: Schema, step: string): Schema | undefined {
  if (step === "[]") return schema.items;
  const named = schema.properties?.[step] ?? Object.values(schema.patternProperties ?? {})[0];
  if (named) return named;
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}
