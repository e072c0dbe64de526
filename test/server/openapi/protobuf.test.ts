import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import { readOpenApi, readSwagger } from "./gnostic.ts";
import { custom, documentAt, everyValue, get, jsonAt, SERVED, type Json } from "./helpers.ts";

const V2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const V3 = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";

/** Everything that a structural schema may say. */
const everything = custom({
  type: "object",
  description: "Größe ✓ 😀",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      required: ["name", "list"],
      minProperties: 1,
      maxProperties: 9,
      externalDocs: { description: "More.", url: "https://example.com" },
      "x-kubernetes-validations": [{ rule: "self.min <= self.max", message: "a \u0085 \u007f\n'b'" }],
      properties: {
        name: {
          type: "string",
          title: "Name",
          minLength: 200,
          maxLength: 300,
          pattern: "^[a-z]+$",
          default: "x",
        },
        number: { type: "number", minimum: -1.5, maximum: 1e300, multipleOf: 0.25, exclusiveMinimum: true },
        count: { type: "integer", format: "int64", maximum: 2 ** 40, exclusiveMaximum: true, default: 7 },
        flag: { type: "boolean", default: true, nullable: true },
        choice: { type: "string", enum: ["", "a", "b: c", "- d", "null"], example: { any: [1, null] } },
        port: { "x-kubernetes-int-or-string": true },
        list: {
          type: "array",
          minItems: 1,
          maxItems: 3,
          items: { type: "object", properties: {}, additionalProperties: true },
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["key"],
        },
        closed: { type: "object", additionalProperties: false },
        map: { type: "object", additionalProperties: { type: "integer" }, default: { a: 1 } },
        open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        embedded: { type: "object", "x-kubernetes-embedded-resource": true },
        nullable: { type: "string" },
        anyOf: { type: "string", description: "A field, not a keyword." },
        union: {
          type: "object",
          anyOf: [{ required: ["a"] }, { required: ["b"] }],
          oneOf: [{ properties: { a: { enum: [1] } } }],
          allOf: [{ not: { required: ["c"] } }],
          not: { required: ["d"] },
          properties: { a: { type: "integer" } },
        },
      },
    },
  },
});
const KINDS = [...ALL_KINDS, everything];

/** Protobuf does not tell what is false, zero or empty from what is not there. */
function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => ![false, 0, ""].includes(member as never));
  return Object.fromEntries(members.map(([name, member]) => [name, told(member)]));
}

const protobufAt = (path: string, accept: string): Buffer => get(path, { accept, kinds: KINDS })!.bytes();

test("rule 16: Swagger in protobuf says all that it says in JSON", () => {
  const swagger = jsonAt("/openapi/v2", { kinds: KINDS });
  expect(told(readSwagger(protobufAt("/openapi/v2", V2)))).toEqual(told(swagger));
});

test("rule 10: OpenAPI 3 in protobuf says all that it says in JSON", () => {
  const paths = new Set(
    [...SERVED, everything].map(({ group, version }) =>
      group ? `apis/${group}/${version}` : `api/${version}`,
    ),
  );
  for (const path of paths) {
    const document = documentAt(path, { kinds: KINDS });
    withoutLargeDefaults(document);
    expect(told(readOpenApi(protobufAt(`/openapi/v3/${path}`, V3)))).toEqual(told(document));
  }
});

/** Protobuf of OpenAPI 3 has no way to say that a list or an object is the default. */
function withoutLargeDefaults(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const schema = value as Json;
  if (typeof schema.type === "string" && typeof schema.default === "object") delete schema.default;
  for (const member of Object.values(schema)) withoutLargeDefaults(member);
}

test("a default, an enum and an extension are YAML", () => {
  const swagger = readSwagger(protobufAt("/openapi/v2", V2));
  const widget = (swagger.definitions as Record<string, Json>)["com.example.v1.Widget"]!;
  expect(everyValue(widget, "enum")).toContainEqual(["", "a", "b: c", "- d", "null"]);
  expect(everyValue(widget, "x-kubernetes-validations")).toEqual([
    [{ rule: "self.min <= self.max", message: "a \u0085 \u007f\n'b'" }],
  ]);
  // Readers of YAML take no control characters as they are.
  expect(protobufAt("/openapi/v2", V2).toString()).toContain(String.raw`a \u0085 \u007f\n'b'`);
});

test("no more and no less may be said of a map that takes nothing, or anything", () => {
  const { components } = readOpenApi(protobufAt("/openapi/v3/apis/example.com/v1", V3));
  const { schemas } = components as { schemas: Record<string, Json> };
  const { closed, list } = (schemas["com.example.v1.Widget"]!.properties as Record<string, Json>).spec!
    .properties as Record<string, Json>;
  expect(closed!.additionalProperties).toBe(false);
  expect(list!.items).toMatchObject({ additionalProperties: true, properties: {} });
});
