import { expect } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import type { Registry } from "../../../server/registry/index.ts";
import { kind, test } from "../../helpers/registry.ts";

const target = { kind: kind("LocalProcess"), namespace: "default", name: "web" };

const create = async (registry: Registry, metadata: object = {}): Promise<KubeObject> => {
  const body = {
    apiVersion: "tiltish.dev/v1alpha1",
    kind: "LocalProcess",
    metadata: { name: "web", ...metadata },
    spec: { argv: ["old"] },
  };
  return (await registry.create(target, body, {})).object;
};
const withArgv = (object: KubeObject, ...argv: string[]): KubeObject => ({
  ...object,
  spec: { ...(object["spec"] as object), argv },
});

test("rule 51: an update from a stale read is refused and changes nothing", async ({ registry }) => {
  const read = await create(registry);
  const winner = await registry.update(target, withArgv(read, "first"), {});
  await expect(registry.update(target, withArgv(read, "second"), {})).rejects.toMatchObject({
    code: 409,
    reason: "Conflict",
  });
  expect(registry.get(target).object).toEqual(winner.object);
});

test("rule 51: of many updates from one read exactly one wins", async ({ registry }) => {
  const read = await create(registry);
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) => registry.update(target, withArgv(read, `run-${i}`), {})),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("rule 52: an update of ours needs a resourceVersion, one of a ConfigMap does not", async ({
  registry,
}) => {
  const read = await create(registry);
  const { resourceVersion: _, ...metadata } = read.metadata;
  await expect(registry.update(target, { ...read, metadata }, {})).rejects.toMatchObject({ code: 422 });

  const configMap = { kind: kind("ConfigMap"), namespace: "default", name: "c" };
  await registry.create(configMap, { metadata: { name: "c" }, data: { a: "1" } }, {});
  const updated = await registry.update(configMap, { metadata: { name: "c" }, data: { a: "2" } }, {});
  expect(updated.object["data"]).toEqual({ a: "2" });
});

test("rule 53: another name or uid than the object's is refused; a missing object is a 404", async ({
  registry,
}) => {
  const read = await create(registry);
  const renamed = { ...read, metadata: { ...read.metadata, name: "other" } };
  await expect(registry.update(target, renamed, {})).rejects.toMatchObject({ code: 400 });
  const reborn = { ...read, metadata: { ...read.metadata, uid: "another" } };
  await expect(registry.update(target, reborn, {})).rejects.toMatchObject({ code: 409 });
  const nobody = { ...read, metadata: { ...read.metadata, name: "nobody" } };
  await expect(registry.update({ ...target, name: "nobody" }, nobody, {})).rejects.toMatchObject({
    code: 404,
  });
});

test("rule 54: generation counts changes of the spec and of nothing else", async ({ registry }) => {
  const created = await create(registry);
  const labelled = await registry.update(
    target,
    { ...created, metadata: { ...created.metadata, labels: { a: "b" } } },
    {},
  );
  expect(labelled.object.metadata.generation).toBe(1);
  const changed = await registry.update(target, withArgv(labelled.object, "new"), {});
  expect(changed.object.metadata.generation).toBe(2);
  const reported = await registry.update(
    target,
    { ...changed.object, status: { pid: 7 } },
    { subresource: "status" },
  );
  expect(reported.object.metadata.generation).toBe(2);
});

test("rule 55: a write that changes nothing takes no revision", async ({ registry, store }) => {
  const created = await create(registry);
  const before = store.revision;
  const same = await registry.update(target, created, {});
  const patched = await registry.patch(target, { type: "merge", body: { spec: { argv: ["old"] } } }, {});
  expect(same.object.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  expect(patched.object).toEqual(created);
  expect(store.revision).toBe(before);
});

test("rule 58: status is written through the status subresource, and only status", async ({ registry }) => {
  const created = await create(registry);
  const both = { ...withArgv(created, "new"), status: { pid: 7, state: "Running" } };
  const main = await registry.update(target, both, {});
  expect(main.object).not.toHaveProperty("status");
  const status = await registry.update(
    target,
    { ...main.object, spec: { argv: ["sneaky"] }, status: { pid: 7, state: "Running" } },
    { subresource: "status" },
  );
  expect(status.object["status"]).toEqual({ pid: 7, state: "Running" });
  expect(status.object["spec"]).toMatchObject({ argv: ["new"] });
});

test("a status that breaks the schema is refused", async ({ registry }) => {
  const created = await create(registry);
  await expect(
    registry.update(target, { ...created, status: { state: "Dancing" } }, { subresource: "status" }),
  ).rejects.toMatchObject({ code: 422, details: { causes: [{ field: "status.state" }] } });
});

test("an immutable ConfigMap stays as it is", async ({ registry }) => {
  const configMap = { kind: kind("ConfigMap"), namespace: "default", name: "c" };
  await registry.create(configMap, { metadata: { name: "c" }, data: { a: "1" }, immutable: true }, {});
  await expect(
    registry.update(configMap, { metadata: { name: "c" }, data: { a: "2" }, immutable: true }, {}),
  ).rejects.toMatchObject({ code: 422, details: { causes: [{ field: "data" }] } });
});
