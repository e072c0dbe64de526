import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { forbidden, invalidValue, type Problems, required } from "../structural/index.ts";

type Level = "root" | "item" | "field";

const EMBEDDED = "x-kubernetes-embedded-resource";
const PRESERVE = "x-kubernetes-preserve-unknown-fields";
const INT_OR_STRING = "x-kubernetes-int-or-string";

/**
 * Finds where a schema is not structural: it must give a type to everything outside of allOf, anyOf, oneOf and not,
 * which in turn may only narrow values down.
 */
export const checkStructure = (root: JsonSchema, path: string, problems: Problems): void =>
  checkCore(root, { path, level: "root" }, problems);

interface Place {
  readonly path: string;
  readonly level: Level;
}

function checkCore(schema: JsonSchema, { path, level }: Place, problems: Problems): void {
  if (problems.isFull) return;
  const { type, items, properties = {}, additionalProperties } = schema;
  if (type === "array" && !items) problems.add(required(`${path}.items`, "must be specified"));
  if (items) checkCore(items, { path: `${path}.items`, level: "item" }, problems);
  for (const [name, one] of Object.entries(properties))
    checkCore(one, { path: `${path}.properties[${name}]`, level: "field" }, problems);
  if (additionalProperties !== undefined && level === "root")
    problems.add(forbidden(`${path}.additionalProperties`, "must not be used at the root"));
  if (typeof additionalProperties === "object")
    checkCore(additionalProperties, { path: `${path}.additionalProperties`, level: "field" }, problems);
  problems.addAll(extensionProblems(schema, path));
  problems.addAll(typeProblems(schema, path, level));
  checkJunctors(schema, { path, isFirstOfIntOrString: false }, problems);
  problems.addAll(metaFieldProblems(schema, path, level));
}

function extensionProblems(schema: JsonSchema, path: string): FieldError[] {
  const problems: FieldError[] = [];
  const excluded = (keyword: string) =>
    invalidValue(`${path}.${keyword}`, true, "must be false if x-kubernetes-int-or-string is true");
  if (schema[INT_OR_STRING] && schema[PRESERVE]) problems.push(excluded(PRESERVE));
  if (schema[INT_OR_STRING] && schema[EMBEDDED]) problems.push(excluded(EMBEDDED));
  if (schema[EMBEDDED] && schema.additionalProperties !== undefined)
    problems.push(
      forbidden(`${path}.additionalProperties`, "must not be used if x-kubernetes-embedded-resource is set"),
    );
  if (schema[EMBEDDED] && !schema[PRESERVE] && Object.keys(schema.properties ?? {}).length === 0)
    problems.push(
      required(
        `${path}.properties`,
        "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
      ),
    );
  return problems;
}

const UNTYPED: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function typeProblems(schema: JsonSchema, path: string, level: Level): FieldError[] {
  const { type = "" } = schema;
  const field = `${path}.type`;
  if (schema[EMBEDDED] && type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true";
    return [type === "" ? required(field, why) : invalidValue(field, type, why)];
  }
  if (level === "root" && type !== "" && type !== "object")
    return [invalidValue(field, type, "must be object at the root")];
  const mayBeUntyped = schema[INT_OR_STRING] || schema[PRESERVE];
  return type === "" && !mayBeUntyped ? [required(field, UNTYPED[level])] : [];
}

/** Of what every object has, only the name may be restricted. */
function metaFieldProblems(schema: JsonSchema, path: string, level: Level): FieldError[] {
  if (level !== "root" && !schema[EMBEDDED]) return [];
  const { kind, apiVersion, metadata } = schema.properties ?? {};
  const mistyped = Object.entries({ kind, apiVersion })
    .filter(([, one]) => one && one.type !== "string")
    .map(([name, one]) =>
      invalidValue(`${path}.properties[${name}].type`, one?.type ?? "", "must be string"),
    );
  if (!metadata) return mistyped;
  const field = `${path}.properties[metadata]`;
  const problems = [...mistyped];
  if (metadata.type !== "object")
    problems.push(invalidValue(`${field}.type`, metadata.type ?? "", "must be object"));
  if (level === "root" && !restrictsOnlyNames(metadata))
    problems.push(
      forbidden(
        field,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
  return problems;
}

function restrictsOnlyNames({
  type: _,
  description: __,
  default: ___,
  properties = {},
  ...rest
}: JsonSchema) {
  const others = Object.keys(properties).filter((name) => name !== "name" && name !== "generateName");
  const { required: _needed, ...more } = rest;
  return others.length === 0 && Object.keys(more).length === 0;
}

const INT_OR_STRING_BRANCHES = [{ type: "integer" }, { type: "string" }];

const isIntOrString = ({ anyOf }: JsonSchema): boolean => isDeepStrictEqual(anyOf, INT_OR_STRING_BRANCHES);

interface Nested {
  readonly path: string;
  /** Whether types may be told apart here, because it is the first of allOf of a whole number or a string. */
  readonly isFirstOfIntOrString: boolean;
}

/** allOf, anyOf, oneOf and not. Whole numbers or strings are the one thing that may be told by types in anyOf. */
function checkJunctors(schema: JsonSchema, { path, isFirstOfIntOrString }: Nested, problems: Problems): void {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const isOfEither = schema[INT_OR_STRING] === true;
  const at = (where: string, isFirst = false): Nested => ({
    path: `${path}.${where}`,
    isFirstOfIntOrString: isFirst,
  });
  if (!((isOfEither || isFirstOfIntOrString) && isIntOrString(schema)))
    for (const [i, one] of anyOf.entries()) checkNested(one, at(`anyOf[${i}]`), problems);
  for (const [i, one] of allOf.entries())
    checkNested(one, at(`allOf[${i}]`, i === 0 && isOfEither), problems);
  for (const [i, one] of oneOf.entries()) checkNested(one, at(`oneOf[${i}]`), problems);
  if (not) checkNested(not, at("not"), problems);
}

/** What only the core of a schema may say. */
const OF_CORE: Readonly<Record<string, string>> = {
  type: "must be empty to be structural",
  additionalProperties: "must be undefined to be structural",
  default: "must be undefined to be structural",
  title: "must be empty to be structural",
  description: "must be empty to be structural",
  nullable: "must be false to be structural",
  externalDocs: "must be undefined to be structural",
  [PRESERVE]: "must be false to be structural",
  [EMBEDDED]: "must be false to be structural",
  [INT_OR_STRING]: "must be false to be structural",
  "x-kubernetes-list-map-keys": "must be empty to be structural",
  "x-kubernetes-list-type": "must be undefined to be structural",
  "x-kubernetes-map-type": "must be undefined to be structural",
  "x-kubernetes-validations": "must be empty to be structural",
};

function checkNested(schema: JsonSchema, place: Nested, problems: Problems): void {
  if (problems.isFull) return;
  const { path } = place;
  const { items, properties = {} } = schema;
  checkJunctors(schema, place, problems);
  if (items) checkNested(items, { path: `${path}.items`, isFirstOfIntOrString: false }, problems);
  for (const [name, one] of Object.entries(properties))
    checkNested(one, { path: `${path}.properties[${name}]`, isFirstOfIntOrString: false }, problems);
  for (const [keyword, why] of Object.entries(OF_CORE))
    if (![undefined, "", false].includes(schema[keyword] as string | undefined))
      problems.add(forbidden(`${path}.${keyword}`, why));
  if (Object.hasOwn(properties, "metadata"))
    problems.add(forbidden(`${path}.properties[metadata]`, "must not be specified in a nested context"));
}
