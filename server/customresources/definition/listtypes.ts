import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { forbidden, invalidValue, notSupported, required } from "../structural/index.ts";

const LIST_TYPE = "x-kubernetes-list-type";
const MAP_KEYS = "x-kubernetes-list-map-keys";

/** What is wrong with how a schema says that a list is merged. */
export function listTypeProblems(schema: JsonSchema, path: string): FieldError[] {
  const { type, [LIST_TYPE]: listType, [MAP_KEYS]: keys = [] } = schema;
  const problems: FieldError[] = [];
  if (listType !== undefined && type !== "array") {
    const why = "must be array if x-kubernetes-list-type is specified";
    problems.push(type ? invalidValue(`${path}.type`, type, why) : required(`${path}.type`, why));
  }
  if (listType !== undefined && !["atomic", "set", "map"].includes(listType))
    problems.push(notSupported(`${path}.${LIST_TYPE}`, listType, ["atomic", "set", "map"]));
  if (keys.length > 0 && listType !== "map") {
    const why = "must be map if x-kubernetes-list-map-keys is non-empty";
    const field = `${path}.${LIST_TYPE}`;
    problems.push(listType === undefined ? required(field, why) : invalidValue(field, listType, why));
  }
  if (listType === "set" || listType === "map") problems.push(...nullableItems(schema, path));
  if (listType === "set") problems.push(...setProblems(schema, path));
  return listType === "map" ? [...problems, ...mapProblems(schema, path)] : problems;
}

const nullableItems = ({ items, [LIST_TYPE]: listType }: JsonSchema, path: string): FieldError[] =>
  items?.nullable
    ? [forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`)]
    : [];

/** Items of a set are told apart as wholes, so nothing may be merged into them. */
function setProblems({ items = {} }: JsonSchema, path: string): FieldError[] {
  const { type, [LIST_TYPE]: listType, "x-kubernetes-map-type": mapType } = items;
  const why = "must be atomic as item of a list with x-kubernetes-list-type=set";
  if (type === "array" && listType !== undefined && listType !== "atomic")
    return [invalidValue(`${path}.items.${LIST_TYPE}`, listType, why)];
  if (type === "object" && mapType !== "atomic")
    return [invalidValue(`${path}.items.x-kubernetes-map-type`, mapType ?? null, why)];
  return [];
}

function mapProblems(schema: JsonSchema, path: string): FieldError[] {
  const { items, [MAP_KEYS]: keys = [] } = schema;
  const field = `${path}.${MAP_KEYS}`;
  if (keys.length === 0) return [required(field, "must not be empty if x-kubernetes-list-type is map")];
  if (!items) return [required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map")];
  if (items.type !== "object") {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    return [invalidValue(`${path}.items.type`, items.type ?? "", why)];
  }
  const problems = keys.flatMap((key) => keyProblems(key, items, `${path}.items`, { field, keys }));
  return new Set(keys).size < keys.length
    ? [...problems, invalidValue(field, keys, "must not contain duplicate entries")]
    : problems;
}

// oxlint-disable-next-line eslint/max-params -- the key, where it is, and where it is named
function keyProblems(
  key: string,
  { properties = {}, required: needed = [] }: JsonSchema,
  path: string,
  { field, keys }: { field: string; keys: readonly string[] },
): FieldError[] {
  const found = Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (!found) return [invalidValue(field, keys, "entries must all be names of item properties")];
  const own = `${path}.properties[${key}]`;
  const isKey = "this property is in x-kubernetes-list-map-keys, so it";
  const problems: FieldError[] = [];
  if (found.type === "array" || found.type === "object")
    problems.push(
      invalidValue(
        `${own}.type`,
        found.type,
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      ),
    );
  if (!needed.includes(key) && found.default === undefined)
    problems.push(required(`${own}.default`, `${isKey} must have a default or be a required property`));
  if (found.nullable) problems.push(forbidden(`${own}.nullable`, `${isKey} cannot be nullable`));
  return problems;
}
