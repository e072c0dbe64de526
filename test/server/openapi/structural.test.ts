import { expect, test } from "vitest";
import { custom, definitionsOf, type Json, schemasAt } from "./helpers.ts";

const PRESERVE = { "x-kubernetes-preserve-unknown-fields": true };
const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const NAME = "com.example.v1.Widget";

const kindOf = (spec: object, more: object = {}) => custom({ type: "object", properties: { spec }, ...more });

/** The schema of `spec` in OpenAPI 3. */
const openApi = (spec: object): Json => {
  const { properties } = schemasAt("apis/example.com/v1", { kinds: [kindOf(spec)] })[NAME]!;
  return (properties as Record<string, Json>).spec!;
};
/** The same in Swagger. */
const swagger = (spec: object): Json =>
  (definitionsOf([kindOf(spec)])[NAME]!.properties as Record<string, Json>).spec!;

test("a structural schema is OpenAPI as it is", () => {
  const spec = {
    type: "object",
    description: "What should be.",
    required: ["name"],
    minProperties: 1,
    nullable: true,
    properties: {
      name: { type: "string", maxLength: 5, pattern: "^a", default: "a", enum: ["a", "b"] },
      items: { type: "array", items: { type: "integer", format: "int32" }, "x-kubernetes-list-type": "set" },
      any: { type: "object", additionalProperties: true },
      map: { type: "object", additionalProperties: { type: "number", minimum: 0, exclusiveMinimum: true } },
      const: { type: "string", description: "Named as a keyword." },
    },
    anyOf: [{ required: ["items"] }, { required: ["map"] }],
    oneOf: [{ properties: { name: { enum: ["a"] } } }],
    allOf: [{ not: { required: ["x"] } }],
    not: { required: ["y"] },
    "x-kubernetes-validations": [{ rule: "self.name != 'c'" }],
    "x-kubernetes-map-type": "atomic",
  };
  expect(openApi(spec)).toEqual(spec);
});

test("a number or string says so in full, unless it does already", () => {
  const anyOf = [{ type: "integer" }, { type: "string" }];
  expect(openApi({ "x-kubernetes-int-or-string": true })).toEqual({
    "x-kubernetes-int-or-string": true,
    anyOf,
  });
  const said = { "x-kubernetes-int-or-string": true, allOf: [{ anyOf }, { maximum: 5 }] };
  expect(openApi(said)).toEqual(said);
});

test("an embedded resource has a type and metadata, wherever it stands", () => {
  const embedded = { type: "object", "x-kubernetes-embedded-resource": true, required: ["spec"] };
  const place = openApi({ type: "array", items: { type: "object", additionalProperties: embedded } }) as {
    items: { additionalProperties: Json };
  };
  expect(place.items.additionalProperties).toMatchObject({
    required: ["spec", "kind", "apiVersion"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { allOf: [{ $ref: `#/components/schemas/${META}` }] },
    },
  });
});

test("the kind itself has metadata in place of what its schema says of it, and keeps its own rules", () => {
  const rules = { "x-kubernetes-validations": [{ rule: "true" }], required: ["spec"] };
  const properties = { metadata: { type: "object", properties: { name: { maxLength: 3 } } }, spec: {} };
  const [kind] = [custom({ type: "object", properties, ...rules, description: "A widget." })];
  expect(schemasAt("apis/example.com/v1", { kinds: [kind] })[NAME]).toMatchObject({
    ...rules,
    description: "A widget.",
    properties: { metadata: { allOf: [{ $ref: `#/components/schemas/${META}` }] }, spec: {} },
    "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Widget" }],
  });
});

test("a kind without properties has those of every object", () => {
  const kinds = [custom({ type: "object", ...PRESERVE })];
  const { properties } = schemasAt("apis/example.com/v1", { kinds })[NAME]!;
  expect(Object.keys(properties as Json)).toEqual(["apiVersion", "kind", "metadata"]);
});

test("Swagger says nothing of a kind that takes any field, since kubectl would refuse all others", () => {
  expect(definitionsOf([kindOf({ type: "string" }, PRESERVE)])[NAME]).toEqual({
    type: "object",
    description: "A widget.",
    "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Widget" }],
  });
});

test("Swagger leaves open what takes any field, or null", () => {
  const fields = { properties: { a: { type: "string" } }, items: { type: "string" } };
  expect(swagger({ type: "object", ...PRESERVE, ...fields })).toEqual(PRESERVE);
  expect(swagger({ type: "string", nullable: true })).toEqual({});
  expect(swagger({ type: "object", nullable: true, ...fields, description: "A." })).toEqual({
    description: "A.",
  });
  expect(swagger({ type: "array", ...PRESERVE, items: {} })).toEqual(PRESERVE);
  expect(swagger({ type: "array" })).toEqual({});
  const embedded = { "x-kubernetes-embedded-resource": true };
  expect(swagger({ type: "object", ...PRESERVE, ...embedded })).not.toHaveProperty("properties");
});

test("Swagger leaves out unions and conditions, and does not require what may be null", () => {
  const spec = {
    type: "object",
    required: ["a", "b"],
    properties: {
      a: { type: "string", nullable: true },
      b: { type: "integer", anyOf: [{ minimum: 5 }, { maximum: 3 }], not: { enum: [1] } },
    },
    allOf: [{ required: ["c"] }],
    oneOf: [{ required: ["d"] }],
  };
  expect(swagger(spec)).toEqual({
    type: "object",
    required: ["b"],
    properties: { a: {}, b: { type: "integer" } },
  });
  const map = { type: "object", required: ["a"], additionalProperties: { type: "string", nullable: true } };
  expect(swagger(map)).toEqual({ type: "object", additionalProperties: {} });
});

test("fields are not taken for the keywords that they are named after", () => {
  const properties = {
    nullable: { type: "boolean" },
    anyOf: { type: "array", items: { type: "string" } },
    properties: { type: "object", additionalProperties: { type: "string" } },
    $ref: { type: "string" },
    "x-kubernetes-preserve-unknown-fields": { type: "boolean" },
  };
  const spec = { type: "object", properties, default: { nullable: true, $ref: "x" } };
  expect(openApi(spec)).toEqual(spec);
  expect(swagger(spec)).toEqual(spec);
});
