import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { forbidden, invalidValue, required } from "../structural/index.ts";

type Level = "root" | "item" | "field";

const EMBEDDED = "x-kubernetes-embedded-resource";
const PRESERVE = "x-kubernetes-preserve-unknown-fields";
const INT_OR_STRING = "x-kubernetes-int-or-string";

/**
 * Where a schema is not structural: it must give a type to everything outside of allOf, anyOf, oneOf and not, which in
 * turn may only narrow values down.
 */
export const structureProblems = (root: JsonSchema, path: string): FieldError[] => core(root, path, "root");

function core(schema: JsonSchema, path: string, level: Level): FieldError[] {
  const { type, items, properties = {}, additionalProperties } = schema;
  const problems: FieldError[] = [];
  if (type === "array" && !items) problems.push(required(`${path}.items`, "must be specified"));
  if (items) problems.push(...core(items, `${path}.items`, "item"));
  for (const [name, one] of Object.entries(properties))
    problems.push(...core(one, `${path}.properties[${name}]`, "field"));
  if (additionalProperties !== undefined && level === "root")
    problems.push(forbidden(`${path}.additionalProperties`, "must not be used at the root"));
  if (typeof additionalProperties === "object")
    problems.push(...core(additionalProperties, `${path}.additionalProperties`, "field"));
  return [
    ...problems,
    ...extensionProblems(schema, path),
    ...typeProblems(schema, path, level),
    ...junctorProblems(schema, path),
    ...metaFieldProblems(schema, path, level),
  ];
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

/** allOf, anyOf, oneOf and not. Whole numbers or strings are the one thing that may be told by types in anyOf. */
function junctorProblems(schema: JsonSchema, path: string, isFirstOfIntOrString = false): FieldError[] {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const skipsAnyOf = (schema[INT_OR_STRING] || isFirstOfIntOrString) && isIntOrString(schema);
  return [
    ...(skipsAnyOf ? [] : anyOf.flatMap((one, i) => nested(one, `${path}.anyOf[${i}]`))),
    ...allOf.flatMap((one, i) =>
      nested(one, `${path}.allOf[${i}]`, i === 0 && schema[INT_OR_STRING] === true),
    ),
    ...oneOf.flatMap((one, i) => nested(one, `${path}.oneOf[${i}]`)),
    ...(not ? nested(not, `${path}.not`) : []),
  ];
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

function nested(schema: JsonSchema, path: string, isFirstOfIntOrString = false): FieldError[] {
  const { items, properties = {} } = schema;
  const saidTwice = Object.entries(OF_CORE)
    .filter(([keyword]) => ![undefined, "", false].includes(schema[keyword] as string | undefined))
    .map(([keyword, why]) => forbidden(`${path}.${keyword}`, why));
  const ofMetadata = Object.hasOwn(properties, "metadata")
    ? [forbidden(`${path}.properties[metadata]`, "must not be specified in a nested context")]
    : [];
  return [
    ...junctorProblems(schema, path, isFirstOfIntOrString),
    ...(items ? nested(items, `${path}.items`) : []),
    ...Object.entries(properties).flatMap(([name, one]) => nested(one, `${path}.properties[${name}]`)),
    ...saidTwice,
    ...ofMetadata,
  ];
}
