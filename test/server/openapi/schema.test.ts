import { Type } from "typebox";
import { expect, test } from "vitest";
import { Defaulted, Enum, ListMap, MicroTime } from "../../../apis/meta.ts";
import { openApiSchemaOf, type Schema } from "../../../server/openapi/schema.ts";
import { documentAt, type Json } from "./helpers.ts";

const convert = (schema: object) => openApiSchemaOf(schema as Schema);

test("a field with a default is not required", () => {
  const schema = Type.Object({
    argv: Type.Array(Type.String()),
    daemon: Defaulted(Type.Boolean({ description: "Runs on." }), false),
    dir: Type.Optional(Type.String()),
  });
  expect(convert(schema)).toEqual({
    type: "object",
    required: ["argv"],
    properties: {
      argv: { type: "array", items: { type: "string" } },
      daemon: { type: "boolean", default: false, description: "Runs on. Default: false." },
      dir: { type: "string" },
    },
  });
});

test("a record is a map", () => {
  expect(convert(Type.Record(Type.String(), Type.Integer(), { description: "Ports." }))).toEqual({
    type: "object",
    additionalProperties: { type: "integer" },
    description: "Ports.",
  });
});

test("what may be null is nullable, and a union of number and string has one name", () => {
  expect(convert(Type.Union([MicroTime({ description: "When." }), Type.Null()]))).toEqual({
    type: "string",
    format: "date-time",
    description: "When.",
    nullable: true,
  });
  const port = Type.Union([Type.Integer(), Type.String()], { "x-kubernetes-int-or-string": true });
  expect(convert(port)).toEqual({
    allOf: [{ $ref: "#/components/schemas/io.k8s.apimachinery.pkg.util.intstr.IntOrString" }],
    "x-kubernetes-int-or-string": true,
  });
});

test("extensions of lists and the values of enums stay", () => {
  const ports = ListMap(Type.Object({ name: Enum(["a", "b"]) }), ["name"]);
  expect(convert(ports)).toEqual({
    type: "array",
    items: { type: "object", required: ["name"], properties: { name: { type: "string", enum: ["a", "b"] } } },
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
  });
});

test("nothing of the library that kinds are written with is served", () => {
  const text = ["api/v1", "apis/tiltish.dev/v1alpha1"].map((path) => JSON.stringify(documentAt(path))).join();
  expect(text).not.toMatch(/"~|patternProperties|"const"|"null"/);
});

test("metadata refers to a definition that describes each of its fields", () => {
  const { schemas } = documentAt("apis/tiltish.dev/v1alpha1").components as { schemas: Record<string, Json> };
  const { metadata, spec } = schemas["dev.tiltish.v1alpha1.LocalProcess"]!.properties as Record<string, Json>;
  const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
  expect(metadata!.allOf).toEqual([{ $ref: `#/components/schemas/${META}.ObjectMeta` }]);
  expect(spec).toMatchObject({ description: expect.any(String) as string, required: ["argv"] });
  const fields = Object.values(schemas[`${META}.ObjectMeta`]!.properties as Record<string, Json>);
  expect(fields.length).toBeGreaterThan(12);
  for (const field of fields) expect(field.description).toMatch(/\.$/);
});
