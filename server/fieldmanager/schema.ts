import { ANY, type FieldType, LEAF, type ListType, type MapType } from "./types.ts";

/** The parts of a JSON Schema, or of a structural OpenAPI schema, that say how fields are owned. */
export interface FieldSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly patternProperties?: Readonly<Record<string, FieldSchema>>;
  readonly additionalProperties?: FieldSchema | boolean;
  readonly items?: FieldSchema;
  readonly default?: unknown;
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
  if (!type) known.set(schema, (type = compile(asObject(schema))));
  return type;
}

const asObject = ({ properties, ...rest }: FieldSchema): FieldSchema => ({
  ...rest,
  type: "object",
  properties: { ...properties, apiVersion: text, kind: text, metadata },
});

function compile(schema: FieldSchema): FieldType {
  if (schema["x-kubernetes-embedded-resource"]) {
    return compile(asObject({ ...schema, "x-kubernetes-embedded-resource": false }));
  }
  switch (schema.type) {
    case "object":
      return schema["x-kubernetes-map-type"] === "atomic" ? LEAF : compileMap(schema);
    case "array":
      return compileList(schema);
    case undefined:
      // A union, or anything at all: only the value can tell.
      return ANY;
    default:
      return LEAF;
  }
}

function compileMap({ properties = {}, patternProperties, additionalProperties }: FieldSchema): MapType {
  const fields = Object.entries(properties).map(([name, field]) => [name, compile(field)] as const);
  const other = Object.values(patternProperties ?? {})[0] ?? additionalProperties;
  return { kind: "map", fields: new Map(fields), rest: typeof other === "object" ? compile(other) : ANY };
}

function compileList(schema: FieldSchema): FieldType {
  const { items = {}, "x-kubernetes-list-type": kind, "x-kubernetes-list-map-keys": names = [] } = schema;
  if (kind === "set") return { kind: "list", keys: undefined, item: LEAF } satisfies ListType;
  if (kind !== "map" || names.length === 0) return LEAF;
  const keys = names.map((name) => ({ name, default: items.properties?.[name]?.default }));
  return { kind: "list", keys, item: compile(items) } satisfies ListType;
}
