/** A schema of OpenAPI 3.0, or of the JSON Schema that kinds are written in. */
export interface Schema {
  [keyword: string]: unknown;
}

export const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
export const INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

/** Points to a definition of the same document. */
export const refTo = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });

/** The same beside other keywords, which OpenAPI ignores next to a bare `$ref`. */
export const describedRef = (name: string, description: string): Schema => ({
  allOf: [refTo(name)],
  description,
});

/**
 * What a kind's schema is in OpenAPI 3.0: no `patternProperties`, `const` or type `null`, and nothing that has a
 * default is `required`, since a writer may leave it out.
 */
export function openApiSchemaOf(schema: Schema): Schema {
  const { anyOf, patternProperties, properties, required, items, const: constant, ...others } = schema;
  const { $ref, definitions: _, ...rest } = others;
  return {
    ...(typeof $ref === "string" && { allOf: [refTo($ref.slice("#/definitions/".length))] }),
    ...(isSchemas(anyOf) && unionOf(anyOf, rest)),
    ...rest,
    ...withDefault(rest),
    ...(constant !== undefined && { enum: [constant] }),
    ...(isSchema(patternProperties) && { additionalProperties: valuesOf(patternProperties) }),
    ...(isSchema(items) && { items: openApiSchemaOf(items) }),
    ...(isSchema(properties) && propertiesOf(properties, required)),
  };
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
    properties: Object.fromEntries(fields.map(([name, field]) => [name, openApiSchemaOf(field)])),
  };
}

/** Whether a writer must give the field. Schemas list those with a default too, since a stored object has them. */
const isRequired = (required: unknown, name: string, field: Schema): boolean =>
  Array.isArray(required) && required.includes(name) && field.default === undefined;

/** `rest` are the keywords beside `anyOf`; they come over what is returned. */
function unionOf(branches: readonly Schema[], rest: Schema): Schema {
  if (rest["x-kubernetes-int-or-string"]) return { allOf: [refTo(INT_OR_STRING)] };
  if (rest["x-kubernetes-preserve-unknown-fields"]) return {};
  const present = branches.filter(({ type }) => type !== "null").map(openApiSchemaOf);
  const nullable = present.length < branches.length && { nullable: true };
  return present.length === 1 ? { ...present[0], ...nullable } : { anyOf: present, ...nullable };
}

/** Of a map from any name that matches to one type; what names must match cannot be said. */
const valuesOf = (patterns: Schema): Schema => openApiSchemaOf(Object.values(patterns)[0] as Schema);

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSchemas = (value: unknown): value is Schema[] => Array.isArray(value);
