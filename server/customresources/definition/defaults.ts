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

/** Finds defaults that their own schema would prune or refuse. */
export function checkDefaults(root: JsonSchema, path: string, problems: Problems): void {
  const { properties = {}, ...rest } = root;
  for (const [name, one] of Object.entries(properties)) {
    const field = `${path}.properties[${name}]`;
    if (META_FIELDS.includes(name)) forbidDefaults(one, { path: field, name }, problems);
    else ofSchema(one, field, problems);
  }
  ofSchema(rest, path, problems);
}

function forbidDefaults(
  schema: JsonSchema,
  { path, name }: { path: string; name: string },
  problems: Problems,
): void {
  if (schema.default !== undefined)
    problems.add(forbidden(`${path}.default`, `must not be set in top-level ${name}`));
  for (const [key, one] of Object.entries(schema.properties ?? {}))
    forbidDefaults(one, { path: `${path}.properties[${key}]`, name }, problems);
}

function ofSchema(schema: JsonSchema, path: string, problems: Problems): void {
  if (problems.isFull) return;
  const { properties = {}, items, additionalProperties } = schema;
  if (schema.default !== undefined) checkDefault(schema, `${path}.default`, problems);
  for (const [name, one] of Object.entries(properties))
    ofSchema(one, `${path}.properties[${name}]`, problems);
  if (items) ofSchema(items, `${path}.items`, problems);
  if (typeof additionalProperties === "object")
    ofSchema(additionalProperties, `${path}.additionalProperties`, problems);
}

function checkDefault(schema: JsonSchema, path: string, problems: Problems): void {
  const found = new Problems(problems.work);
  findProblems(schema, path, found);
  problems.addAll(found.all.map(ofDefinition));
}

function findProblems(schema: JsonSchema, path: string, problems: Problems): void {
  const value = schema.default;
  try {
    if (!isEqual(pruned(value, schema, { path, unknown: [] }), value))
      problems.add(invalidValue(path, value, "must not have unknown fields"));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return problems.add(invalidValue(path, value, error.message));
  }
  // Fields below may have defaults of their own, which an object is given together with this one.
  const whole = defaulted(value, schema, problems.work.spend);
  validate(whole, schema, { path, old: undefined, problems });
  if (problems.count === 0) checkRules(whole, schema, { path, old: undefined, problems });
}

/** The definition itself could be read: what is of a wrong type is a value within it. */
const ofDefinition = (error: FieldError): FieldError =>
  error.reason === "FieldValueTypeInvalid" ? { ...error, reason: "FieldValueInvalid" } : error;
