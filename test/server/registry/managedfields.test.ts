import { expect } from "vitest";
import type { ManagedFieldsEntry } from "../../../apis/meta.ts";
import { kind, test } from "../../helpers/registry.ts";
import { apply, applyMap, configMap, errorOf, fieldsOf, managersOf, map, target, web } from "./applying.ts";

const spec = { argv: ["a"] };

test.for(["m".repeat(129), "tab\there", "line\nend"])(
  "rule 71: %j is no name of a manager",
  async (name, { registry }) => {
    expect(await errorOf(apply(registry, web(spec), { fieldManager: name }))).toMatchObject({ code: 422 });
  },
);

test("rule 71: each write tracks what it changed under the name of its writer", async ({ registry }) => {
  const created = await registry.create(target, web({ argv: ["a"] }), { fieldManager: "creator" });
  expect(fieldsOf(created.object, "creator")).toMatchObject({ "f:spec": { "f:argv": {}, "f:daemon": {} } });
  const put = await registry.update(
    target,
    { ...created.object, spec: { argv: ["b"] } },
    { fieldManager: "putter" },
  );
  expect(fieldsOf(put.object, "putter")).toEqual({ "f:spec": { "f:argv": {} } });
  const json = [{ op: "add", path: "/metadata/labels", value: { app: "x" } }];
  const patched = await registry.patch(target, { type: "json", body: json }, { fieldManager: "patcher" });
  expect(fieldsOf(patched.object, "patcher")).toEqual({
    "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
  });
  const unnamed = await registry.patch(target, { type: "merge", body: { spec: { dir: "x" } } }, {});
  expect(fieldsOf(unnamed.object, "tiltish")).toEqual({ "f:spec": { "f:dir": {} } });
  expect(managersOf(unnamed.object).toSorted()).toEqual(["creator", "patcher", "putter", "tiltish"]);
});

test("rule 62: a strategic merge patch tracks what it changed", async ({ registry }) => {
  await registry.create(configMap, map({ a: "1", b: "1" }), { fieldManager: "creator" });
  const body = { data: { a: "2", b: null } };
  const { object } = await registry.patch(
    configMap,
    { type: "strategic", body },
    { fieldManager: "patcher" },
  );
  expect(fieldsOf(object, "patcher")).toEqual({ "f:data": { "f:a": {} } });
  expect(fieldsOf(object, "creator")).toEqual({ "f:data": {} });
});

test("rule 55: a write that changes nothing is none, whoever writes and however", async ({ registry }) => {
  await apply(registry, web({ argv: ["a"] }));
  await applyMap(registry, map({ a: "1" }));
  const [stored, storedMap] = [registry.get(target), registry.get(configMap)];
  const same = { ...stored.object, metadata: structuredClone(stored.object.metadata) };
  await registry.update(target, same, { fieldManager: "other" });
  await registry.patch(target, { type: "merge", body: { spec: { argv: ["a"] } } }, { fieldManager: "other" });
  await registry.patch(target, { type: "json", body: [] }, { fieldManager: "other" });
  await apply(registry, web({ argv: ["a"] }));
  await applyMap(registry, map({ a: "1" }));
  const aged = stored.object.metadata.managedFields!.map((entry) => ({
    ...entry,
    time: "2020-01-01T00:00:00Z",
  }));
  await registry.update(target, { ...same, metadata: { ...same.metadata, managedFields: aged } }, {});
  expect(registry.get(target)).toBe(stored);
  expect(registry.get(configMap)).toBe(storedMap);
});

test.for([[[{}]], [[]]])(
  "rule 72: managedFields: %j forgets who owns what",
  async ([managedFields], { registry }) => {
    const { object } = await applyMap(registry, map({ a: "1" }));
    const reset = await registry.update(
      configMap,
      { ...object, metadata: { ...object.metadata, managedFields } },
      { fieldManager: "x" },
    );
    expect(reset.object.metadata.managedFields).toBeUndefined();
    const body = { data: { a: "2" } };
    const patched = await registry.patch(configMap, { type: "merge", body }, { fieldManager: "x" });
    expect(patched.object.metadata.managedFields).toBeUndefined();
    expect((await errorOf(applyMap(registry, map({ a: "3" })))).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    );
    const { object: applied } = await applyMap(registry, map({ a: "2" }));
    expect(managersOf(applied)).toEqual(["me", "before-first-apply"]);
  },
);

test("rule 72: a client may set the owners; one that sends none, or nonsense, leaves them", async ({
  registry,
}) => {
  const { object } = await applyMap(registry, map({ a: "1" }));
  const [entry] = object.metadata.managedFields as [ManagedFieldsEntry];
  const put = (managedFields: unknown) => {
    const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata;
    return registry.update(
      configMap,
      { ...object, metadata: { ...metadata, managedFields } },
      { fieldManager: "x" },
    );
  };
  for (const sent of [undefined, null, [{ ...entry, operation: "?" }], [1]]) {
    expect((await put(sent)).object.metadata.managedFields).toEqual([entry]);
  }
  const other = { ...entry, manager: "other" };
  expect((await put([other])).object.metadata.managedFields).toEqual([other]);
  expect(await errorOf(put("none"))).toMatchObject({ code: 400 });
});

test("rule 72: owners cannot be set through the status", async ({ registry }) => {
  const { object } = await apply(registry, web(spec));
  const metadata = { ...object.metadata, managedFields: [] };
  const put = await registry.update(
    target,
    { ...object, metadata, status: { pid: 1 } },
    { subresource: "status" },
  );
  expect(managersOf(put.object)).toEqual(["me", "tiltish"]);
});

test("rule 72: what kubectl applied from the client is taken over by kubectl, and by a patch of the owners", async ({
  registry,
}) => {
  const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
  const annotations = { [lastApplied]: JSON.stringify(map({ a: "1", b: "1" })) };
  const byKubectl = { fieldManager: "kubectl" };
  await registry.create(configMap, map({ a: "1", b: "1" }, { annotations }), {
    fieldManager: "kubectl-client-side-apply",
  });
  const first = await applyMap(registry, map({ a: "2" }), byKubectl);
  expect(first.object["data"]).toEqual({ a: "2", b: "1" });
  const { managedFields = [], resourceVersion } = first.object.metadata;
  const [applied, updated] = managedFields as [ManagedFieldsEntry, ManagedFieldsEntry];
  expect([applied.manager, updated.manager]).toEqual(["kubectl", "kubectl-client-side-apply"]);
  // As kubectl does it: what it owned is added to what it applies now, unless somebody has written meanwhile.
  const fieldsV1 = {
    "f:data": { "f:a": {}, "f:b": {} },
    "f:metadata": { "f:annotations": { [`f:${lastApplied}`]: {} } },
  };
  const migration = [
    { op: "replace", path: "/metadata/managedFields", value: [{ ...applied, fieldsV1 }] },
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
  ];
  await registry.patch(configMap, { type: "json", body: migration }, byKubectl);
  expect(
    await errorOf(registry.patch(configMap, { type: "json", body: migration }, byKubectl)),
  ).toMatchObject({ code: 409 });
  const second = await applyMap(registry, map({ a: "2" }), byKubectl);
  expect(second.object["data"]).toEqual({ a: "2" });
  expect(second.object.metadata.annotations).toBeUndefined();
  expect(managersOf(second.object)).toEqual(["kubectl"]);
});

test("rule 101: what is being deleted can be applied to, but gets no new finalizers", async ({
  registry,
}) => {
  await applyMap(registry, map({ a: "1" }, { finalizers: ["x.dev/y"] }));
  await registry.delete(configMap, {});
  const { object } = await applyMap(registry, map({ a: "2" }, { finalizers: ["x.dev/y"] }));
  expect(object["data"]).toEqual({ a: "2" });
  const more = applyMap(registry, map({ a: "2" }, { finalizers: ["x.dev/y", "x.dev/z"] }));
  expect(await errorOf(more)).toMatchObject({ code: 422 });
  await applyMap(registry, map({ a: "2" }));
  expect(() => registry.get(configMap)).toThrow("not found");
});

test("what an applier no longer applies stays where the server sees to it", async ({ registry }) => {
  const namespace = { kind: kind("Namespace"), namespace: "", name: "n" };
  const body = (metadata: object) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "n", ...metadata },
  });
  await apply(registry, body({ labels: { a: "1", "kubernetes.io/metadata.name": "n" } }), {}, namespace);
  const { object } = await apply(registry, body({ labels: { a: "1" } }), {}, namespace);
  expect(object.metadata.labels).toEqual({ a: "1", "kubernetes.io/metadata.name": "n" });
  expect(object["spec"]).toEqual({ finalizers: ["kubernetes"] });
});

test("a Secret that is applied as text is owned as what is stored of it", async ({ registry }) => {
  const secret = { kind: kind("Secret"), namespace: "default", name: "s" };
  const body = (stringData: object) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    stringData,
  });
  await apply(registry, body({ a: "1", b: "1" }), {}, secret);
  const { object } = await apply(registry, body({ a: "2" }), {}, secret);
  expect(object["data"]).toEqual({ a: Buffer.from("2").toString("base64") });
  expect(object["stringData"]).toBeUndefined();
  expect(fieldsOf(object, "me")).toEqual({ "f:data": { "f:a": {} } });
});
