import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import { type FieldError, StatusError } from "../../../apis/errors.ts";
import { checkRules } from "../cel/index.ts";
import {
  defaulted,
  forbidden,
  invalidValue,
  isEqual,
  Problems,
  pruned,
  validate,
} from "../structural/index.ts";

const META_FIELDS = ["apiVersion", "kind", "metadata"];

/** Defaults that their own schema would prune or refuse. */
export function defaultProblems(root: JsonSchema, path: string): FieldError[] {
  const problems = new Problems();
  const { properties = {}, ...rest } = root;
  for (const [name, one] of Object.entries(properties)) {
    const field = `${path}.properties[${name}]`;
    if (META_FIELDS.includes(name)) problems.add(...forbiddenDefaults(one, field, name));
    else ofSchema(one, field, problems);
  }
  ofSchema(rest, path, problems);
  return [...problems.all];
}

function forbiddenDefaults(schema: JsonSchema, path: string, name: string): FieldError[] {
  const own =
    schema.default === undefined
      ? []
      : [forbidden(`${path}.default`, `must not be set in top-level ${name}`)];
  const below = Object.entries(schema.properties ?? {}).flatMap(([key, one]) =>
    forbiddenDefaults(one, `${path}.properties[${key}]`, name),
  );
  return [...own, ...below];
}

function ofSchema(schema: JsonSchema, path: string, problems: Problems): void {
  if (problems.isFull) return;
  const { properties = {}, items, additionalProperties } = schema;
  if (schema.default !== undefined) problems.add(...ofDefault(schema, `${path}.default`));
  for (const [name, one] of Object.entries(properties))
    ofSchema(one, `${path}.properties[${name}]`, problems);
  if (items) ofSchema(items, `${path}.items`, problems);
  if (typeof additionalProperties === "object")
    ofSchema(additionalProperties, `${path}.additionalProperties`, problems);
}

function ofDefault(schema: JsonSchema, path: string): readonly FieldError[] {
  const value = schema.default;
  const problems = new Problems();
  try {
    if (!isEqual(pruned(value, schema, { path, unknown: [] }), value))
      problems.add(invalidValue(path, value, "must not have unknown fields"));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return [invalidValue(path, value, error.message)];
  }
  // Fields below may have defaults of their own, which an object is given together with this one.
  const whole = defaulted(value, schema);
  validate(whole, schema, { path, old: undefined, problems });
  if (problems.count === 0) checkRules(whole, schema, { path, old: undefined, problems });
  return problems.all.map(ofDefinition);
}

/** The definition itself could be read: what is of a wrong type is a value within it. */
const ofDefinition = (error: FieldError): FieldError =>
  error.reason === "FieldValueTypeInvalid" ? { ...error, reason: "FieldValueInvalid" } : error;
