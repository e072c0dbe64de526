import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import { openApiDocument } from "../../server/openapi/index.ts";
import { summaryOf } from "./kindpage.ts";
import { mapOf, requiredOf, schemaOf, type Schema } from "./schema.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** JSON Schema of the files in which one kind is written, for editors. */
export const editorSchemaOf = (kind: Kind): object => ({
  $schema: DIALECT,
  title: kind.kind,
  ...objectSchema(kind),
  $defs: { ...definitionsOf(kind), ...metadataSchemas() },
});

/** The same for files that may hold any kind: `kind` decides which schema is asked, so that errors are about that one. */
export const editorSchemaOfAll = (kinds: readonly Kind[]): object => ({
  $schema: DIALECT,
  title: "tiltish",
  description: "Any object that tiltish serves.",
  type: "object",
  required: ["apiVersion", "kind"],
  properties: {
    apiVersion: {
      enum: [...new Set(kinds.map(apiVersionOf))],
      description: "Group and version of the kind.",
    },
    kind: { enum: kinds.map(({ kind }) => kind), description: "What it is." },
  },
  allOf: kinds.map(({ kind }) => ({
    if: { properties: { kind: { const: kind } }, required: ["kind"] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { $ref: `#/$defs/${kind}` },
  })),
  $defs: {
    ...Object.fromEntries(kinds.map((kind) => [kind.kind, objectSchema(kind)])),
    ...Object.assign({}, ...kinds.map(definitionsOf)),
    ...metadataSchemas(),
  },
});

function objectSchema(kind: Kind): Schema {
  const { properties, required = [] } = editorForm(schemaOf(kind));
  return {
    description: summaryOf(kind),
    type: "object",
    additionalProperties: false,
    required: ["apiVersion", "kind", "metadata", ...required],
    properties: {
      apiVersion: {
        type: "string",
        const: apiVersionOf(kind),
        description: "Group and version of the kind.",
      },
      kind: { type: "string", const: kind.kind, description: summaryOf(kind) },
      metadata: { $ref: "#/$defs/ObjectMeta" },
      ...properties,
    },
  };
}

/** What the schema of a kind refers to, under the last part of its name. */
const definitionsOf = (kind: Kind): Record<string, Schema> =>
  Object.fromEntries(
    Object.entries((schemaOf(kind)["definitions"] ?? {}) as Record<string, Schema>).map(([name, schema]) => [
      shortName(name),
      { type: "object", ...editorForm(schema) },
    ]),
  );

/** Of the last part of a long name. */
const shortName = (name: string): string =>
  name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf("/")) + 1);

/** Closed objects, and nothing that only servers understand. */
function editorForm(schema: Schema): Schema {
  const { properties, required: _, items, anyOf, patternProperties, $ref, definitions: __, ...rest } = schema;
  const kept = Object.entries(rest).filter(([keyword, value]) => !isForServers(keyword, value));
  return {
    ...Object.fromEntries(kept),
    ...(typeof $ref === "string" && { $ref: `#/$defs/${shortName($ref)}` }),
    ...(properties && closed(properties, requiredOf(schema))),
    ...(patternProperties && mapForm(schema)),
    ...(items && { items: editorForm(items) }),
    ...(anyOf && { anyOf: anyOf.map(editorForm) }),
  };
}

/** Formats that JSON Schema knows. `duration` is not one: there it means another notation, and ours has a pattern. */
const FORMATS = new Set<unknown>(["date-time", "regex"]);

const isForServers = (keyword: string, value: unknown): boolean =>
  keyword.startsWith("x-") || (keyword === "format" && !FORMATS.has(value));

const closed = (properties: Record<string, Schema>, required: readonly string[]): Schema => ({
  additionalProperties: false,
  ...(required.length > 0 && { required }),
  properties: Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [name, editorForm(field)]),
  ),
});

function mapForm(schema: Schema): Schema {
  const { values, names } = mapOf(schema)!;
  return names === undefined
    ? { additionalProperties: editorForm(values) }
    : { patternProperties: { [names]: editorForm(values) }, additionalProperties: false };
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const META_KINDS = ["ObjectMeta", "OwnerReference", "ManagedFieldsEntry", "FieldsV1"];

/** The definitions of metadata, as the server's OpenAPI has them. */
function metadataSchemas(): Record<string, Schema> {
  const kinds = { find: () => undefined, all: () => [] };
  const document = openApiDocument(kinds, { path: "/openapi/v2", query: new URLSearchParams() })!;
  const { definitions } = JSON.parse(
    document.bytes().toString().replaceAll(`#/definitions/${META}`, "#/$defs/"),
  ) as { definitions: Record<string, Schema> };
  return Object.fromEntries(META_KINDS.map((name) => [name, metadataForm(name, definitions[META + name])]));
}

/** A file names its object, or has the server complete a name. */
const NAMED = { if: { required: ["generateName"] }, else: { required: ["name"] } };

const metadataForm = (name: string, schema: Schema = {}): Schema => ({
  ...editorForm(schema),
  ...(name === "ObjectMeta" && NAMED),
});
