import { expect } from "vitest";
import type { Registry } from "../../../server/registry/index.ts";
import { kind, test } from "../../helpers/registry.ts";

const target = { kind: kind("LocalProcess"), namespace: "default", name: "web" };
const configMap = { kind: kind("ConfigMap"), namespace: "default", name: "c" };

async function create(registry: Registry): Promise<void> {
  const metadata = { name: "web", labels: { app: "web" } };
  const spec = { argv: ["old"], env: { A: "1", B: "2" } };
  await registry.create(
    target,
    { apiVersion: "tiltish.dev/v1alpha1", kind: "LocalProcess", metadata, spec },
    {},
  );
  await registry.create(configMap, { metadata: { name: "c" }, data: { a: "1", b: "2" } }, {});
}

test("rule 61: a merge patch deletes with null and replaces lists", async ({ registry }) => {
  await create(registry);
  const body = { spec: { argv: ["new", "list"], env: { A: null, C: "3" } } };
  const { object } = await registry.patch(target, { type: "merge", body }, {});
  expect(object["spec"]).toMatchObject({ argv: ["new", "list"], env: { B: "2", C: "3" } });
});

test("rule 61: a JSON patch does all six operations, with escaped paths", async ({ registry }) => {
  await create(registry);
  const body = [
    { op: "test", path: "/spec/env/A", value: "1" },
    { op: "add", path: "/metadata/annotations", value: { "x.dev/a": "v" } },
    { op: "copy", from: "/metadata/annotations/x.dev~1a", path: "/spec/env/COPY" },
    { op: "move", from: "/spec/env/A", path: "/spec/env/MOVED" },
    { op: "remove", path: "/spec/env/B" },
    { op: "replace", path: "/spec/argv/0", value: "new" },
    { op: "add", path: "/spec/argv/-", value: "last" },
  ];
  const { object } = await registry.patch(target, { type: "json", body }, {});
  expect(object["spec"]).toMatchObject({ argv: ["new", "last"], env: { COPY: "v", MOVED: "1" } });
});

test.for([
  [[{ op: "test", path: "/spec/argv/0", value: "other" }], 422],
  [[{ op: "remove", path: "/spec/nothing" }], 422],
  [[{ op: "replace", path: "/spec/argv/9", value: "x" }], 422],
  [[{ op: "dance", path: "/spec" }], 400],
  [[{ op: "add", path: "spec", value: 1 }], 400],
  [[{ op: "add", path: "/spec/argv/0" }], 400],
  [[{ op: "add", path: "/spec/argv/0/x", value: 1 }], 422],
  [[{ op: "remove", path: "/spec/env/toString" }], 422],
  [[{ op: "add", path: "/spec/argv/01", value: "x" }], 422],
  [[{ op: "add", path: "/spec/argv/9", value: "x" }], 422],
  [[{ op: "remove", path: "/spec/argv/-" }], 422],
  [[{ op: "move", from: "/spec", path: "/spec/env/spec" }], 400],
  [[{ op: "add", path: "/spec/env/~2", value: "x" }], 400],
  [[{ op: "replace", path: "", value: 5 }], 400],
  [[{ op: "add", path: "/__proto__/polluted", value: true }], 400],
  [[{ op: "add", path: "/spec/constructor/prototype", value: {} }], 400],
  [{ spec: {} }, 400],
  [Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "LocalProcess" })), 413],
] as const)(
  "rules 32 and 64: the JSON patch %j is refused with %i and leaves everything",
  async ([body, code], { registry }) => {
    await create(registry);
    const before = registry.get(target).object;
    const withWrite = Array.isArray(body)
      ? [{ op: "add", path: "/spec/argv/-", value: "written" }, ...(body as unknown[])]
      : body;
    await expect(registry.patch(target, { type: "json", body: withWrite }, {})).rejects.toMatchObject({
      code,
    });
    expect(registry.get(target).object).toEqual(before);
  },
);

test("a JSON patch that copies over and over is stopped before it fills the memory", async ({ registry }) => {
  await create(registry);
  const body = [
    { op: "add", path: "/spec/env/X", value: "x".repeat(1000) },
    ...Array.from({ length: 30 }, (_, i) => ({ op: "copy", from: "/spec", path: `/spec/copy${i}` })),
  ];
  await expect(registry.patch(target, { type: "json", body }, {})).rejects.toMatchObject({ code: 413 });
});

test("all that a JSON patch copies is limited, not the document looked at after each copy", async ({
  registry,
}) => {
  await create(registry);
  const body = [
    { op: "add", path: "/spec/env/X", value: "x".repeat(1_000_000) },
    ...Array.from({ length: 9_000 }, (_, i) => ({ op: "copy", from: "/kind", path: `/spec/env/K${i}` })),
  ];
  await registry.patch(target, { type: "json", body }, { dryRun: true });
});

test("a long list is compared without getting lost in it", async ({ registry }) => {
  await create(registry);
  const argv = Array.from({ length: 100_000 }, () => "");
  const body = [
    { op: "add", path: "/spec/argv", value: argv },
    { op: "test", path: "/spec/argv", value: [] },
  ];
  await expect(registry.patch(target, { type: "json", body }, {})).rejects.toMatchObject({ code: 422 });
});

test.for(["hasOwnProperty", "constructor", "toString", "prototype"])(
  "a field called %s is merged like any other",
  async (name, { registry }) => {
    await create(registry);
    const merge = (data: object) => registry.patch(configMap, { type: "merge", body: { data } }, {});
    await merge({ [name]: "x", a: null });
    const { object } = await merge({ [name]: "y", b: null, c: "3" });
    expect(object["data"]).toEqual({ [name]: "y", c: "3" });
  },
);

test("a directive that no strategic merge patch has is refused", async ({ registry }) => {
  await create(registry);
  const body = { data: { $patch: "remove", a: "1" } };
  await expect(registry.patch(configMap, { type: "strategic", body }, {})).rejects.toMatchObject({
    code: 400,
  });
});

test("an object cannot be patched larger and larger", async ({ registry }) => {
  const target = { kind: kind("LocalProcess"), namespace: "default", name: "p" };
  const made = { apiVersion: "tiltish.dev/v1alpha1", kind: "LocalProcess", metadata: { name: "p" } };
  await registry.create(target, { ...made, spec: { argv: ["true"] } }, {});
  const add = (key: string, dryRun = false) =>
    registry.patch(
      target,
      { type: "merge", body: { spec: { env: { [key]: "x".repeat(600_000) } } } },
      { dryRun },
    );
  await add("a");
  await add("b");
  const tooLarge = { code: 413, reason: "RequestEntityTooLarge" };
  await expect(add("c", true)).rejects.toMatchObject(tooLarge);
  await expect(add("c")).rejects.toMatchObject(tooLarge);
  expect(registry.get(target).object["spec"]).not.toHaveProperty("env.c");
  expect(await registry.delete(target, {})).toMatchObject({ gone: true });
});

test("rule 62: only lists that Kubernetes merges are merged, wherever another has the same name", async ({
  registry,
}) => {
  const namespace = { kind: kind("Namespace"), namespace: "", name: "merged" };
  const owner = (name: string) => ({ apiVersion: "v1", kind: "Namespace", name, uid: name });
  const made = { metadata: { name: "merged", ownerReferences: [owner("a")] }, spec: { finalizers: ["x"] } };
  await registry.create(namespace, made, {});
  const metadata = { finalizers: ["example.com/a"], ownerReferences: [owner("b")] };
  const body = { metadata, spec: { finalizers: ["y"] } };
  const { object } = await registry.patch(namespace, { type: "strategic", body }, {});
  expect(object["spec"]).toEqual({ finalizers: ["x", "kubernetes"] });
  expect(object.metadata.ownerReferences?.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(object.metadata.finalizers).toEqual(["example.com/a"]);
});

test("rule 62: a strategic merge patch works for a ConfigMap and is refused for our kinds", async ({
  registry,
}) => {
  await create(registry);
  const body = {
    metadata: { finalizers: ["x.dev/a"], "$setElementOrder/finalizers": ["x.dev/a"] },
    data: { a: null, c: "3" },
  };
  const { object } = await registry.patch(configMap, { type: "strategic", body }, {});
  expect(object["data"]).toEqual({ b: "2", c: "3" });
  const off = {
    metadata: { "$deleteFromPrimitiveList/finalizers": ["x.dev/a"] },
    data: { $patch: "replace", z: "9" },
  };
  const { object: after } = await registry.patch(configMap, { type: "strategic", body: off }, {});
  expect(after["data"]).toEqual({ z: "9" });
  expect(after.metadata).not.toHaveProperty("finalizers");
  await expect(registry.patch(target, { type: "strategic", body: {} }, {})).rejects.toMatchObject({
    code: 415,
    message: expect.stringContaining("application/merge-patch+json") as string,
  });
});

test("rule 63: patches at the same time never conflict, and none is lost", async ({ registry }) => {
  await create(registry);
  await Promise.all(
    Array.from({ length: 25 }, (_, i) =>
      registry.patch(target, { type: "merge", body: { spec: { env: { [`K${i}`]: "x" } } } }, {}),
    ),
  );
  const { env } = registry.get(target).object["spec"] as { env: object };
  expect(Object.keys(env)).toHaveLength(27);
});

test("rule 63: a resourceVersion in a patch is a precondition", async ({ registry }) => {
  await create(registry);
  const body = { metadata: { resourceVersion: "1" }, spec: { argv: ["new"] } };
  await expect(registry.patch(target, { type: "merge", body }, {})).rejects.toMatchObject({ code: 409 });
});

test.for([
  [{ metadata: { name: "other" } }, 400],
  [{ kind: "FileWatch" }, 422],
  [{ apiVersion: "v1" }, 422],
  [{ spec: { argv: 3 } }, 422],
] as const)("rule 64: the patch %j is refused with %i", async ([body, code], { registry }) => {
  await create(registry);
  await expect(registry.patch(target, { type: "merge", body }, {})).rejects.toMatchObject({ code });
});

test("rule 65: an unknown field in a strict patch is a 422", async ({ registry }) => {
  await create(registry);
  const body = { spec: { enviroment: {} } };
  await expect(
    registry.patch(target, { type: "merge", body }, { fieldValidation: "Strict" }),
  ).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('unknown field "spec.enviroment"') as string,
  });
});
