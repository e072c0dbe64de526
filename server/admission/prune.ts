/** The parts of JSON Schema that our kinds use, as far as a walk over an object needs them. */
export interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  $ref?: string;
  definitions?: Record<string, Schema>;
}

/** Where a walk is. */
interface Place {
  /** Such as `spec.argv`. */
  path: string;
  /** Gets the path of each field that was left out, such as `spec.enviroment`. */
  unknown: string[];
  /** What has the definitions. */
  root: Schema;
}

/**
 * A copy of `value` with only the fields that the schema has, and without nulls: null is how clients say that a
 * field is not there.
 */
export function prune(value: unknown, reference: Schema, place: Place): unknown {
  const { path, unknown, root } = place;
  if (typeof value !== "object" || value === null) return value;
  const schema = resolve(reference, root);
  if (Array.isArray(value)) {
    return value.map((item, i) => prune(item, schema.items ?? {}, { ...place, path: `${path}[${i}]` }));
  }
  const result: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    const childSchema = schemaOf(key, schema);
    const childPath = join(path, key);
    if (!childSchema) unknown.push(childPath);
    else if (child !== null && child !== undefined)
      result[key] = prune(child, childSchema, { ...place, path: childPath });
  }
  return result;
}

/** What a reference, or a union with one, says of objects. */
function resolve(schema: Schema, root: Schema): Schema {
  const $ref = schema.$ref ?? schema.anyOf?.find((branch) => branch.$ref)?.$ref;
  return $ref === undefined ? schema : (root.definitions?.[$ref.slice("#/definitions/".length)] ?? ANYTHING);
}

const ANYTHING: Schema = {};

function schemaOf(key: string, schema: Schema): Schema | undefined {
  const { properties, patternProperties } = schema;
  if (properties && Object.hasOwn(properties, key)) return properties[key];
  // Keys that break the pattern are for validation to refuse: silently dropping them would hide the mistake.
  if (patternProperties) return Object.values(patternProperties)[0];
  return properties ? undefined : ANYTHING;
}

/** `spec.argv`, or `spec.env[A.B]` where the key would be taken for two. */
export function join(path: string, key: string): string {
  if (/^[A-Za-z0-9_-]*$/.test(key)) return path === "" ? key : `${path}.${key}`;
  return `${path}[${key}]`;
}
