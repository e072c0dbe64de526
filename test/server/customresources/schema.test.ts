import { describe, expect } from "vitest";
import type { StatusError } from "../../../apis/errors.ts";
import type { KubeObject } from "../../../apis/meta.ts";
import type { Registry } from "../../../server/registry/index.ts";
import { test } from "../../helpers/registry.ts";
import { Definition, servedKind, widget, widgets } from "./fixture.ts";

/** Defines Widgets with these fields. */
const define = (registry: Registry, properties: object) =>
  registry.create({ kind: Definition }, widgets(properties), {});

const target = (registry: Registry, name = "one") => ({
  kind: servedKind(registry),
  namespace: "default",
  name,
});

async function store(registry: Registry, spec: object): Promise<KubeObject> {
  const body = { ...widget(spec), metadata: { generateName: "w-" } };
  return (await registry.create({ kind: servedKind(registry), namespace: "default" }, body, {})).object;
}

const specOf = async (registry: Registry, spec: object) => (await store(registry, spec))["spec"];

/** `field: message` of each cause. */
async function problemsOf(registry: Registry, spec: object): Promise<string[]> {
  const error = await store(registry, spec).then(
    () => undefined,
    (thrown: StatusError) => thrown,
  );
  expect(error?.code ?? 201).toBe(error ? 422 : 201);
  return (error?.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

describe("pruning", () => {
  test("rule 76: fields that a schema does not have are dropped, at every depth", async ({ registry }) => {
    await define(registry, {
      list: { type: "array", items: { type: "object", properties: { a: { type: "string" } } } },
      map: {
        type: "object",
        additionalProperties: { type: "object", properties: { b: { type: "string" } } },
      },
    });
    const spec = { list: [{ a: "1", x: 1 }], map: { k: { b: "2", y: {} } }, z: 1 };
    expect(await specOf(registry, spec)).toEqual({ list: [{ a: "1" }], map: { k: { b: "2" } } });
    const options = { fieldValidation: "Strict" as const };
    const strict = registry.create(
      { kind: servedKind(registry), namespace: "default" },
      widget(spec),
      options,
    );
    await expect(strict).rejects.toThrow(
      'strict decoding error: unknown field "spec.list[0].x", unknown field "spec.map.k.y", unknown field "spec.z"',
    );
  });

  test("fields are kept where a schema says so, and known ones there are pruned all the same", async ({
    registry,
  }) => {
    await define(registry, {
      open: {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        properties: { known: { type: "object", properties: { a: { type: "string" } } } },
      },
      any: { "x-kubernetes-preserve-unknown-fields": true },
    });
    const spec = { open: { other: { deep: [null, 1] }, known: { a: "1", b: "2" } }, any: [{ x: null }] };
    expect(await specOf(registry, spec)).toEqual({
      open: { other: { deep: [null, 1] }, known: { a: "1" } },
      any: [{ x: null }],
    });
  });

  test("an embedded object keeps its type and metadata, and must have them right", async ({ registry }) => {
    const template = {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      properties: { spec: { type: "object", properties: { a: { type: "string" } } } },
    };
    await define(registry, { template });
    const whole = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a", labels: { b: "c" }, creationTimestamp: null, speck: 1 },
      spec: { a: "1", b: 1 },
      status: {},
    };
    expect(await specOf(registry, { template: whole })).toEqual({
      template: {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "a", labels: { b: "c" } },
        spec: { a: "1" },
      },
    });
    expect(await problemsOf(registry, { template: { kind: "", metadata: { labels: { a: "-" } } } })).toEqual([
      "spec.template.apiVersion: Required value: must not be empty",
      'spec.template.kind: Invalid value: "": must not be empty',
      expect.stringContaining("spec.template.metadata.labels[a]: "),
    ]);
    await expect(store(registry, { template: { metadata: { labels: [] } } })).rejects.toThrow(
      "spec.template.metadata.labels must be a map",
    );
  });
});

describe("defaults", () => {
  test("are filled in at every depth, also where the parent comes from a default", async ({ registry }) => {
    await define(registry, {
      replicas: { type: "integer", default: 1 },
      deep: {
        type: "object",
        default: {},
        properties: {
          a: {
            type: "object",
            default: { b: "x" },
            properties: { c: { type: "string", default: "y" }, b: { type: "string" } },
          },
        },
      },
      list: { type: "array", items: { type: "object", properties: { n: { type: "integer", default: 3 } } } },
    });
    expect(await specOf(registry, { list: [{}, { n: 1 }] })).toEqual({
      replicas: 1,
      deep: { a: { b: "x", c: "y" } },
      list: [{ n: 3 }, { n: 1 }],
    });
  });

  test("take the place of null, unless null is a value", async ({ registry }) => {
    await define(registry, {
      a: { type: "string", default: "x" },
      b: { type: "string", default: "x", nullable: true },
      c: { type: "string" },
      d: { type: "array", items: { type: "string" } },
    });
    expect(await specOf(registry, { a: null, b: null, c: null })).toEqual({ a: "x", b: null });
    expect(await problemsOf(registry, { d: [null] })).toEqual([
      'spec.d[0]: Invalid value: "null": spec.d[0] in body must be of type string: "null"',
    ]);
  });
});

const scalar = (schema: object) => ({ a: schema });
const cases: [schema: object, good: unknown[], bad: [unknown, message: string][]][] = [
  [
    { type: "integer" },
    [1, -5],
    [
      ["1", 'spec.a in body must be of type integer: "string"'],
      [1.5, 'must be of type integer: "number"'],
    ],
  ],
  [{ type: "number" }, [1, 1.5], [[true, 'must be of type number: "boolean"']]],
  [{ type: "string" }, [""], [[{}, 'must be of type string: "object"']]],
  [{ type: "boolean" }, [false], [["no", "must be of type boolean"]]],
  [
    { type: "integer", format: "int32" },
    [2147483647],
    [[2147483648, "must be of type integer with format int32"]],
  ],
  [
    { type: "integer", minimum: 1, maximum: 3 },
    [1, 3],
    [
      [0, "should be greater than or equal to 1"],
      [4, "should be less than or equal to 3"],
    ],
  ],
  [{ type: "integer", minimum: 1, exclusiveMinimum: true }, [2], [[1, "should be greater than 1"]]],
  [{ type: "number", multipleOf: 0.1 }, [0.3, 7], [[0.35, "should be a multiple of 0.1"]]],
  [
    { type: "string", minLength: 2, maxLength: 3 },
    ["ab", "😀😀😀"],
    [
      ["a", "should be at least 2 chars long"],
      ["abcd", "Too long: may not be more than 3 bytes"],
    ],
  ],
  [
    { type: "string", enum: ["a", "b"] },
    ["a"],
    [["c", 'Unsupported value: "c": supported values: "a", "b"']],
  ],
  [{ type: "string", pattern: "^a+$" }, ["aa"], [["b", "spec.a in body should match '^a+$'"]]],
  [{ type: "string", pattern: "(?i)^\\pL+\\z" }, ["äB"], [["1", "should match"]]],
  [
    { type: "string", format: "date-time" },
    ["2026-01-31T12:00:00Z", "2026-01-31t12:00:00.123+02:00"],
    [["2026-02-31T12:00:00Z", "must be of type date-time"]],
  ],
  [{ type: "string", format: "date" }, ["2026-01-31"], [["2026-02-31", "must be of type date"]]],
  [
    { type: "string", format: "duration" },
    ["1h30m", "1.5s", "2 days"],
    [["soon", "must be of type duration"]],
  ],
  [{ type: "string", format: "ipv4" }, ["10.0.0.1"], [["::1", "must be of type ipv4"]]],
  [{ type: "string", format: "ipv6" }, ["::1"], [["10.0.0.1", "must be of type ipv6"]]],
  [
    { type: "string", format: "cidr" },
    ["10.0.0.0/8", "fe80::/10"],
    [["10.0.0.0/33", "must be of type cidr"]],
  ],
  [
    { type: "string", format: "uuid" },
    ["a987fbc9-4bed-3078-8f07-9141ba07c9f3"],
    [["a987", "must be of type uuid"]],
  ],
  [{ type: "string", format: "byte" }, ["aGk="], [["a", "must be of type byte"]]],
  [{ type: "string", format: "uri" }, ["https://example.com/a?b"], [["a b", "must be of type uri"]]],
  [{ type: "string", format: "email" }, ["a@example.com"], [["a", "must be of type email"]]],
  [{ type: "string", format: "hostname" }, ["www.example.com"], [["-a", "must be of type hostname"]]],
  [{ type: "string", format: "nobody-knows" }, ["x"], []],
  [
    { "x-kubernetes-int-or-string": true },
    [1, "50%"],
    [
      [1.5, 'must be of type integer,string: "number"'],
      [true, "boolean"],
    ],
  ],
  [
    { type: "array", minItems: 1, maxItems: 2, items: { type: "integer" } },
    [[1]],
    [
      [[], "should have at least 1 items"],
      [[1, 2, 3], "Too many: 3: must have at most 2 items"],
      [["x"], 'spec.a[0] in body must be of type integer: "string"'],
    ],
  ],
  [
    { type: "object", additionalProperties: { type: "string" }, minProperties: 1, maxProperties: 2 },
    [{ k: "v" }],
    [
      [{}, "should have at least 1 properties"],
      [{ k: 1 }, 'spec.a.k in body must be of type string: "integer"'],
      [{ a: "", b: "", c: "" }, "Too many: 3"],
    ],
  ],
  [
    { type: "object", required: ["x"], properties: { x: { type: "string" } } },
    [{ x: "" }],
    [[{}, "spec.a.x: Required value"]],
  ],
  [
    { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
    [["a", "b"]],
    [[["a", "b", "a"], 'spec.a[2]: Duplicate value: "a"']],
  ],
  [
    {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: {
        type: "object",
        required: ["k"],
        properties: { k: { type: "string" }, v: { type: "string" } },
      },
    },
    [[{ k: "a" }, { k: "b" }]],
    [[[{ k: "a", v: "1" }, { k: "a" }], 'spec.a[1]: Duplicate value: {"k":"a"}']],
  ],
  [
    {
      type: "object",
      properties: { x: { type: "string" }, y: { type: "string" } },
      oneOf: [{ required: ["x"] }, { required: ["y"] }],
    },
    [{ x: "" }],
    [
      [{}, '"spec.a" must validate one and only one schema (oneOf). Found none valid'],
      [{ x: "", y: "" }, "Found 2 valid alternatives"],
    ],
  ],
  [
    { type: "string", anyOf: [{ pattern: "^a" }, { maxLength: 1 }] },
    ["ab", "b"],
    [["bb", '"spec.a" must validate at least one schema (anyOf)']],
  ],
  [
    { type: "string", allOf: [{ pattern: "^a" }, { maxLength: 2 }] },
    ["ab"],
    [
      ["b", "should match '^a'"],
      ["abc", "Too long"],
    ],
  ],
  [{ type: "integer", not: { enum: [0] } }, [1], [[0, '"spec.a" must not validate the schema (not)']]],
];

describe("rule 50: validation", () => {
  for (const [schema, good, bad] of cases) {
    test(`${JSON.stringify(schema)} is held to`, async ({ registry }) => {
      await define(registry, scalar(schema));
      for (const a of good) expect(await problemsOf(registry, { a })).toEqual([]);
      for (const [a, message] of bad) {
        const problems = await problemsOf(registry, { a });
        expect(problems[0]).toMatch(/^spec\.a/);
        expect(problems.join("\n")).toContain(message);
      }
    });
  }

  test("the causes name reasons as Kubernetes does", async ({ registry }) => {
    await define(registry, { a: { type: "integer" }, b: { type: "string", enum: ["x"] } });
    await expect(store(registry, { a: "1", b: "y" })).rejects.toMatchObject({
      reason: "Invalid",
      details: {
        group: "example.com",
        kind: "Widget",
        causes: [{ reason: "FieldValueTypeInvalid" }, { reason: "FieldValueNotSupported" }],
      },
    });
  });

  test("what metadata must be like is held to as well", async ({ registry }) => {
    const schema = {
      type: "object",
      required: ["apiVersion", "kind", "metadata"],
      properties: { metadata: { type: "object", properties: { name: { type: "string", maxLength: 3 } } } },
    };
    await registry.create({ kind: Definition }, widgets({}, { schema: { openAPIV3Schema: schema } }), {});
    const create = (name: string) =>
      registry.create(
        { kind: servedKind(registry), namespace: "default" },
        { ...widget(), metadata: { name } },
        {},
      );
    await create("abc");
    await expect(create("abcd")).rejects.toThrow("metadata.name: Too long");
  });

  test("a pattern that was made to take long does not", async ({ registry }) => {
    await define(registry, { a: { type: "string", pattern: "^((a+)+)+$" } });
    expect(await problemsOf(registry, { a: `${"a".repeat(100_000)}b` })).toHaveLength(1);
  });

  test("a million mistakes make a short answer", async ({ registry }) => {
    await define(registry, { a: { type: "array", items: { type: "string" } } });
    const problems = await problemsOf(registry, { a: Array.from({ length: 200_000 }, () => 1) });
    expect(problems.length).toBeLessThanOrEqual(100);
  });
});

describe("a schema that has become stricter", () => {
  const list = { type: "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] };
  const item = {
    type: "object",
    required: ["k"],
    properties: { k: { type: "string" }, v: { type: "integer" } },
  };
  const strict = { ...item, properties: { k: { type: "string" }, v: { type: "integer", maximum: 5 } } };

  test("leaves what does not change alone, and refuses what is new", async ({ registry }) => {
    await define(registry, { a: { type: "string" }, b: { type: "string" }, list: { ...list, items: item } });
    await registry.create(
      { kind: servedKind(registry), namespace: "default" },
      widget({ a: "old", list: [{ k: "x", v: 9 }] }),
      {},
    );
    const definition = { kind: Definition, namespace: "", name: "widgets.example.com" };
    const properties = {
      a: { type: "string", enum: ["new"] },
      b: { type: "string" },
      list: { ...list, items: strict },
    };
    const { versions } = widgets(properties).spec;
    await registry.patch(definition, { type: "merge", body: { spec: { versions } } }, {});
    const patch = (spec: object) => registry.patch(target(registry), { type: "merge", body: { spec } }, {});
    await patch({ b: "x" });
    await patch({
      list: [
        { k: "y", v: 1 },
        { k: "x", v: 9 },
      ],
    });
    await expect(patch({ a: "other" })).rejects.toThrow('spec.a: Unsupported value: "other"');
    await expect(patch({ list: [{ k: "x", v: 10 }] })).rejects.toThrow("spec.list[0].v");
    await expect(patch({ list: [{ k: "z", v: 9 }] })).rejects.toThrow("spec.list[0].v");
  });
});
