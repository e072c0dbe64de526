import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { resourceSchema } from "../cel/index.ts";
import { compilePattern } from "../../../apis/regexp/index.ts";
import type { Work } from "../work.ts";
import { forbidden, invalidValue, notSupported, Problems, required } from "../structural/index.ts";
import { checkCompleteness } from "./complete.ts";
import { checkDefaults } from "./defaults.ts";
import { listTypeProblems } from "./listtypes.ts";
import { checkExpressions, ruleProblems } from "./rules.ts";
import { checkStructure } from "./structure.ts";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];

/** What JSON Schema has and Kubernetes does not. */
const NOT_SUPPORTED = [
  "id",
  "additionalItems",
  "patternProperties",
  "definitions",
  "dependencies",
  "$ref",
] as const;

/** A schema of a version, and whether status is a subresource of it. */
interface Root {
  readonly schema: JsonSchema;
  readonly path: string;
  /** It is then checked by itself, so that nothing at the root may reach into it. */
  readonly hasStatus: boolean;
}

/**
 * What is wrong with the schema of a version.
 *
 * @param work is what may be done for the whole definition.
 */
export function schemaProblems({ schema: root, path, hasStatus }: Root, work: Work): readonly FieldError[] {
  const problems = new Problems(work);
  if (hasStatus) problems.addAll(rootProblems(root, path));
  if (root.nullable) problems.add(forbidden(`${path}.nullable`, "nullable cannot be true at the root"));
  checkStructure(root, path, problems);
  checkCompleteness(root, path, problems);
  checkKeywords(root, path, problems);
  // What the others promise is relied upon here.
  if (problems.count === 0) checkExpressions(resourceSchema(root), { path, lostAt: undefined }, problems);
  if (problems.count === 0) checkDefaults(root, path, problems);
  return problems.all;
}

/** Keywords that may stand at the root of a schema with a status subresource. */
const AT_ROOT = new Set(
  (
    "description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern " +
    "maxItems minItems uniqueItems multipleOf required items properties externalDocs example nullable " +
    "x-kubernetes-preserve-unknown-fields x-kubernetes-validations"
  ).split(" "),
);

function rootProblems(root: JsonSchema, path: string): FieldError[] {
  const other = Object.keys(root).find((keyword) => !AT_ROOT.has(keyword));
  if (other === undefined) return [];
  const why = `${other} is not allowed at the root of the schema if the status subresource is enabled; allowed are ${[...AT_ROOT].join(", ")}`;
  return [invalidValue(path, other, why)];
}

/** Goes through every schema below. */
function checkKeywords(schema: JsonSchema, path: string, problems: Problems): void {
  if (problems.isFull) return;
  problems.addAll(ownProblems(schema, path, problems.work));
  problems.addAll(listTypeProblems(schema, path));
  problems.addAll(ruleProblems(schema, path));
  for (const [child, childPath] of childrenOf(schema, path)) checkKeywords(child, childPath, problems);
}

/** Every schema directly below one, with its path. */
export function childrenOf(schema: JsonSchema, path: string): [JsonSchema, string][] {
  const { properties = {}, additionalProperties, items, not, allOf = [], anyOf = [], oneOf = [] } = schema;
  const listed = Object.entries({ allOf, anyOf, oneOf }).flatMap(([keyword, schemas]) =>
    schemas.map((one, i): [JsonSchema, string] => [one, `${path}.${keyword}[${i}]`]),
  );
  return [
    ...Object.entries(properties).map(([name, one]): [JsonSchema, string] => [
      one,
      `${path}.properties[${name}]`,
    ]),
    ...(typeof additionalProperties === "object"
      ? [[additionalProperties, `${path}.additionalProperties`] as [JsonSchema, string]]
      : []),
    ...(items ? [[items, `${path}.items`] as [JsonSchema, string]] : []),
    ...(not ? [[not, `${path}.not`] as [JsonSchema, string]] : []),
    ...listed,
  ];
}

function ownProblems(schema: JsonSchema, path: string, work: Work): FieldError[] {
  const { type, uniqueItems, additionalProperties, properties = {}, pattern } = schema;
  const problems: FieldError[] = NOT_SUPPORTED.filter((keyword) => schema[keyword] !== undefined).map(
    (keyword) => forbidden(`${path}.${keyword}`, `${keyword} is not supported`),
  );
  if (type === "null")
    problems.push(forbidden(`${path}.type`, "type cannot be set to null, use nullable as an alternative"));
  else if (type && !TYPES.includes(type)) problems.push(notSupported(`${path}.type`, type, TYPES));
  if (uniqueItems)
    problems.push(
      forbidden(
        `${path}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  if (
    Object.keys(properties).length > 0 &&
    additionalProperties !== undefined &&
    additionalProperties !== true
  )
    problems.push(
      forbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"),
    );
  else if (additionalProperties === false)
    problems.push(forbidden(`${path}.additionalProperties`, "additionalProperties cannot be set to false"));
  return [...problems, ...patternProblems(pattern, path, work), ...extensionProblems(schema, path)];
}

/** Steps cost memory for as long as the definition is used. */
const PER_STEP = 4;

function patternProblems(pattern: string | undefined, path: string, work: Work): FieldError[] {
  if (!pattern) return [];
  try {
    work.spend(compilePattern(pattern).size * PER_STEP);
    return [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const why = `must be a valid regular expression, but isn't: ${error.message}`;
    return [invalidValue(`${path}.pattern`, pattern, why)];
  }
}

function extensionProblems(schema: JsonSchema, path: string): FieldError[] {
  const problems: FieldError[] = [];
  const mapType = schema["x-kubernetes-map-type"];
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    problems.push(
      invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"),
    );
  if (mapType !== undefined && !["atomic", "granular"].includes(mapType))
    problems.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ["atomic", "granular"]));
  if (mapType !== undefined && schema.type !== "object") {
    const why = "must be object if x-kubernetes-map-type is specified";
    problems.push(
      schema.type ? invalidValue(`${path}.type`, schema.type, why) : required(`${path}.type`, why),
    );
  }
  return problems;
}
