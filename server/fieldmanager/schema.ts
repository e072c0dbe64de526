import { ANY, type FieldType, LEAF, type ListType, type MapType } from "./types.ts";

/** The parts of a JSON Schema, or of a structural OpenAPI schema, that say how fields are owned. */
export interface FieldSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly patternProperties?: Readonly<Record<string, FieldSchema>>;
  readonly additionalProperties?: FieldSchema | boolean;
  readonly items?: FieldSchema;
  readonly default?: unknown;
  /** `#/definitions/NAME`, which may lead back to itself. */
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, FieldSchema>>;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-embedded-resource"?: boolean;
}

const text: FieldSchema = { type: "string" };
const texts: FieldSchema = { type: "object", additionalProperties: text };
const byUid = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"] } as const;

const metadata: FieldSchema = {
  type: "object",
  properties: {
    labels: texts,
    annotations: texts,
    finalizers: { type: "array", items: text, "x-kubernetes-list-type": "set" },
    ownerReferences: {
      type: "array",
      items: { type: "object", properties: { uid: text }, "x-kubernetes-map-type": "atomic" },
      ...byUid,
    },
    managedFields: { type: "array" },
  },
};

const known = new WeakMap<FieldSchema, FieldType>();

/** The type of whole objects of a kind; `schema` describes all but apiVersion, kind and metadata. */
export function objectTypeOf(schema: FieldSchema): FieldType {
  let type = known.get(schema);
  if (!type) known.set(schema, (type = compile(asObject(schema), { root: schema, made: new Map() })));
  return type;
}

const asObject = ({ properties, ...rest }: FieldSchema): FieldSchema => ({
  ...rest,
  type: "object",
  properties: { ...properties, apiVersion: text, kind: text, metadata },
});

interface Context {
  /** What has the definitions. */
  root: FieldSchema;
  /** By the name of their definition. */
  made: Map<string, FieldType>;
}

function compile(schema: FieldSchema, context: Context): FieldType {
  if (schema.$ref !== undefined) return compileDefinition(schema.$ref, context);
  if (schema["x-kubernetes-embedded-resource"]) {
    return compile(asObject({ ...schema, "x-kubernetes-embedded-resource": false }), context);
  }
  switch (schema.type ?? (schema.properties && "object")) {
    case "object":
      return schema["x-kubernetes-map-type"] === "atomic" ? leafOf("object") : compileMap(schema, context);
    case "array":
      return compileList(schema, context);
    case undefined:
      // A union, or anything at all: only the value can tell.
      return ANY;
    default:
      return leafOf(schema.type);
  }
}

const leafOf = (type: string | undefined): FieldType => ({ kind: "leaf", ...(type && { of: type }) });

/** Is there before what is in it is, because that may refer to it. */
function compileDefinition($ref: string, context: Context): FieldType {
  const name = $ref.slice("#/definitions/".length);
  const type = context.made.get(name);
  if (type) return type;
  const { properties, ...rest } = context.root.definitions?.[name] ?? {};
  const itself = compile({ ...rest, ...(properties && { properties: {} }) }, context);
  context.made.set(name, itself);
  if (itself.kind === "map" && properties) addFields(itself.fields, properties, context);
  return itself;
}

function compileMap(schema: FieldSchema, context: Context): MapType {
  const { properties = {}, patternProperties, additionalProperties } = schema;
  const fields = new Map<string, FieldType>();
  addFields(fields, properties, context);
  const other = Object.values(patternProperties ?? {})[0] ?? additionalProperties;
  return { kind: "map", fields, rest: typeof other === "object" ? compile(other, context) : ANY };
}

function addFields(
  fields: Map<string, FieldType>,
  properties: NonNullable<FieldSchema["properties"]>,
  context: Context,
): void {
  for (const [name, field] of Object.entries(properties)) fields.set(name, compile(field, context));
}

function compileList(schema: FieldSchema, context: Context): FieldType {
  const { items = {}, "x-kubernetes-list-type": kind, "x-kubernetes-list-map-keys": names = [] } = schema;
  if (kind === "set") return { kind: "list", keys: undefined, item: LEAF } satisfies ListType;
  if (kind !== "map" || names.length === 0) return leafOf("array");
  const keys = names.map((name) => ({ name, default: items.properties?.[name]?.default }));
  return { kind: "list", keys, item: compile(items, context) } satisfies ListType;
}
