import { INT_OR_STRING, PRESERVE } from "./names.ts";

/** A schema of OpenAPI 3.0, or of the JSON Schema that kinds are written in. */
export interface Schema {
  [keyword: string]: unknown;
}

/** Points to a schema of the same document. */
export const refTo = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });

/** The same beside other keywords, which OpenAPI ignores next to a bare `$ref`. */
export const describedRef = (name: string, description: string): Schema => ({
  allOf: [refTo(name)],
  description,
});

/**
 * What the schema of a kind of ours is in OpenAPI 3.0: no `patternProperties`, `const` or type `null`, and nothing
 * that has a default is `required`, since a writer may leave it out. Keywords of OpenAPI pass as they are.
 *
 * `definitions` are left out, and references to them lead to the schemas of the document, by the same names.
 */
export function openApiSchemaOf(schema: Schema): Schema {
  const { anyOf, patternProperties, properties, required, const: constant, definitions: _, ...rest } = schema;
  if (typeof rest.$ref === "string") return referenceOf(rest.$ref, rest);
  return {
    ...(isSchemas(anyOf) && unionOf(anyOf, rest)),
    ...rest,
    ...withDefault(rest),
    ...withinOf(rest, openApiSchemaOf),
    ...(constant !== undefined && { enum: [constant] }),
    ...(isSchema(patternProperties) && { additionalProperties: valuesOf(patternProperties) }),
    ...(isSchema(properties) && propertiesOf(properties, required)),
  };
}

/** The keywords of a schema that hold schemas, other than `properties` and `anyOf`, with each of them changed. */
export function withinOf(
  { items, additionalProperties, allOf, oneOf, not }: Schema,
  change: (schema: Schema) => Schema,
): Schema {
  return {
    ...(isSchema(items) && { items: change(items) }),
    ...(isSchema(additionalProperties) && { additionalProperties: change(additionalProperties) }),
    ...(isSchemas(allOf) && { allOf: allOf.map(change) }),
    ...(isSchemas(oneOf) && { oneOf: oneOf.map(change) }),
    ...(isSchema(not) && { not: change(not) }),
  };
}

function referenceOf(ref: string, { $ref: _, ...rest }: Schema): Schema {
  const target = refTo(ref.replace("#/definitions/", ""));
  return Object.keys(rest).length > 0 ? { ...rest, allOf: [target] } : target;
}

/** `kubectl explain` shows descriptions and not defaults. */
function withDefault({ description = "", default: value }: Schema): Schema {
  const isShort = Array.isArray(value) ? value.length > 0 : value !== undefined && typeof value !== "object";
  return isShort ? { description: `${String(description)} Default: ${JSON.stringify(value)}.`.trim() } : {};
}

function propertiesOf(properties: Schema, required: unknown): Schema {
  const fields = Object.entries(properties as Record<string, Schema>);
  const needed = fields.filter(([name, field]) => isRequired(required, name, field)).map(([name]) => name);
  return {
    ...(needed.length && { required: needed }),
    properties: mapValues(properties as Record<string, Schema>, openApiSchemaOf),
  };
}

/** Whether a writer must give the field. Schemas list those with a default too, since a stored object has them. */
const isRequired = (required: unknown, name: string, field: Schema): boolean =>
  Array.isArray(required) && required.includes(name) && field.default === undefined;

/** `rest` are the keywords beside `anyOf`; they come over what is returned. */
function unionOf(branches: readonly Schema[], rest: Schema): Schema {
  if (rest["x-kubernetes-int-or-string"]) return { allOf: [refTo(INT_OR_STRING)] };
  if (rest[PRESERVE]) return {};
  const present = branches.filter(({ type }) => type !== "null").map(openApiSchemaOf);
  const nullable = present.length < branches.length && { nullable: true };
  return present.length === 1 ? { ...present[0], ...nullable } : { anyOf: present, ...nullable };
}

/** Of a map from any name that matches to one type; what names must match cannot be said. */
const valuesOf = (patterns: Schema): Schema => openApiSchemaOf(Object.values(patterns)[0] as Schema);

export const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const isSchemas = (value: unknown): value is Schema[] => Array.isArray(value);

/** The same names, with other values. */
export const mapValues = <From, To>(
  from: Readonly<Record<string, From>>,
  to: (value: From, name: string) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value, name)]));
