import { expect } from "vitest";
import type { Registry } from "../../../server/registry/index.ts";
import { test } from "../../helpers/registry.ts";
import { Definition, servedKind, version, widget, widgets } from "./fixture.ts";

const schemaWith = (properties: object) => ({
  schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
});
const color = { color: { type: "string" } };
const withSize = { ...color, size: { type: "string", default: "small" } };

const two = widgets(
  {},
  {},
  {
    versions: [
      version({ name: "v1", ...schemaWith(withSize) }),
      version({ name: "v1alpha1", storage: false, ...schemaWith(color) }),
    ],
  },
);
const alpha = (spec: object) => ({ ...widget(spec), apiVersion: "example.com/v1alpha1" });
const inDefault = (registry: Registry, name: string) => ({
  kind: servedKind(registry, name),
  namespace: "default",
});
const one = (registry: Registry, name: string) => ({ ...inDefault(registry, name), name: "one" });
const patchDefinition = (registry: Registry, spec: object) =>
  registry.patch(
    { kind: Definition, namespace: "", name: "widgets.example.com" },
    { type: "merge", body: { spec } },
    {},
  );

test("an object is there in every served version, and stored as the storage version", async ({
  registry,
  store,
}) => {
  await registry.create({ kind: Definition }, two, {});
  const { object } = await registry.create(inDefault(registry, "v1alpha1"), alpha({ color: "red" }), {});
  expect(object).toMatchObject({ apiVersion: "example.com/v1alpha1", spec: { color: "red" } });
  expect(registry.get(one(registry, "v1")).object).toMatchObject({
    apiVersion: "example.com/v1",
    spec: { color: "red", size: "small" },
  });
  const [stored] = store.list({ group: "example.com", plural: "widgets" });
  expect(stored?.object.apiVersion).toBe("example.com/v1");
  const { items } = registry.list(inDefault(registry, "v1alpha1"), {});
  expect(items.map(({ bytes }) => JSON.parse(bytes.toString()) as object)).toEqual([object]);
});

test("what is written in one version is changed in another", async ({ registry }) => {
  await registry.create({ kind: Definition }, two, {});
  await registry.create(inDefault(registry, "v1"), widget({ color: "red", size: "big" }), {});
  const body = { spec: { color: "blue" } };
  const patched = await registry.patch(one(registry, "v1alpha1"), { type: "merge", body }, {});
  expect(patched.object).toMatchObject({ metadata: { generation: 2 }, spec: { color: "blue" } });
  expect(registry.get(one(registry, "v1")).object).toMatchObject({ spec: { color: "blue" } });
});

test("defaults that came after an object are shown, and stored with the next write", async ({
  registry,
  store,
}) => {
  await registry.create({ kind: Definition }, widgets(color), {});
  await registry.create(inDefault(registry, "v1"), widget({ color: "red" }), {});
  const before = registry.get(one(registry, "v1")).object;
  expect(before["spec"]).toEqual({ color: "red" });
  await patchDefinition(registry, { versions: [version(schemaWith(withSize))] });
  const after = registry.get(one(registry, "v1"));
  expect(after.object).toEqual({ ...before, spec: { color: "red", size: "small" } });
  expect(JSON.parse(after.bytes.toString())).toEqual(after.object);
  const [stored] = store.list({ group: "example.com", plural: "widgets" });
  expect(stored?.object["spec"]).toEqual({ color: "red" });
  const label = { metadata: { labels: { a: "b" } } };
  await registry.patch(one(registry, "v1"), { type: "merge", body: label }, {});
  const [written] = store.list({ group: "example.com", plural: "widgets" });
  expect(written?.object).toMatchObject({
    metadata: { generation: 1 },
    spec: { color: "red", size: "small" },
  });
});

test("a version that becomes the storage version keeps what was stored as another", async ({
  registry,
  store,
}) => {
  await registry.create({ kind: Definition }, two, {});
  await registry.create(inDefault(registry, "v1"), widget({ color: "red" }), {});
  await patchDefinition(registry, {
    versions: [
      version({ name: "v1", storage: false, ...schemaWith(color) }),
      version({ name: "v2", ...schemaWith(color) }),
    ],
  });
  expect(registry.kinds.find("example.com", "v1alpha1", "widgets")).toBeUndefined();
  expect(registry.get(one(registry, "v2")).object).toMatchObject({
    apiVersion: "example.com/v2",
    spec: { color: "red" },
  });
  await registry.patch(one(registry, "v1"), { type: "merge", body: { spec: { color: "blue" } } }, {});
  const [stored] = store.list({ group: "example.com", plural: "widgets" });
  expect(stored?.object.apiVersion).toBe("example.com/v2");
});

test("a field selector asks for the selectable fields of its version", async ({ registry }) => {
  const selectableFields = [{ jsonPath: ".spec.color" }];
  await registry.create({ kind: Definition }, widgets(color, { selectableFields }), {});
  for (const [name, spec] of Object.entries({ a: { color: "red" }, b: { color: "blue" }, c: {} }))
    await registry.create(inDefault(registry, "v1"), { ...widget(spec), metadata: { name } }, {});
  const names = (fieldSelector: string) =>
    registry.list(inDefault(registry, "v1"), { fieldSelector }).items.map(({ key }) => key.name);
  expect(names("spec.color=red")).toEqual(["a"]);
  expect(names("spec.color!=red")).toEqual(["b", "c"]);
  expect(() => names("spec.size=1")).toThrow("field label not supported: spec.size");
});

test("rule 54: without a status subresource status is a field like any other", async ({ registry }) => {
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  await registry.create({ kind: Definition }, widgets({}, { schema: { openAPIV3Schema: open } }), {});
  const body = { ...widget(), status: { phase: "new" } };
  const { object } = await registry.create(inDefault(registry, "v1"), body, {});
  expect(object["status"]).toEqual({ phase: "new" });
  const next = { status: { phase: "old" }, extra: 1 };
  const patched = await registry.patch(one(registry, "v1"), { type: "merge", body: next }, {});
  expect(patched.object).toMatchObject({ metadata: { generation: 2 }, status: { phase: "old" }, extra: 1 });
});

test("rule 58: with a status subresource status is written through it alone", async ({ registry }) => {
  const subresources = { status: {} };
  const properties = {
    spec: { type: "object" },
    status: { type: "object", properties: { n: { type: "integer" } } },
  };
  const schema = { openAPIV3Schema: { type: "object", properties } };
  await registry.create({ kind: Definition }, widgets({}, { subresources, schema }), {});
  const { object } = await registry.create(inDefault(registry, "v1"), { ...widget(), status: { n: 1 } }, {});
  expect(object["status"]).toBeUndefined();
  const patch = (body: object, subresource?: string) =>
    registry.patch(one(registry, "v1"), { type: "merge", body }, { ...(subresource && { subresource }) });
  expect((await patch({ status: { n: 2 } })).object["status"]).toBeUndefined();
  const written = await patch({ status: { n: 2 }, metadata: { labels: { a: "b" } } }, "status");
  expect(written.object).toMatchObject({ metadata: { generation: 1 }, status: { n: 2 } });
  expect(written.object.metadata.labels).toBeUndefined();
  await expect(patch({ status: { n: "2" } }, "status")).rejects.toThrow("must be of type integer");
});
