import { expect } from "vitest";
import type { Registry } from "../../../server/registry/index.ts";
import { kind, test } from "../../helpers/registry.ts";

const target = { kind: kind("LocalProcess"), namespace: "default", name: "web" };

const create = async (registry: Registry, metadata: object = {}, name = "web") => {
  const body = {
    apiVersion: "tiltish.dev/v1alpha1",
    kind: "LocalProcess",
    metadata: { name, ...metadata },
    spec: { argv: ["a"] },
  };
  return (await registry.create(target, body, {})).object;
};

test("rule 99: an object without finalizers is gone at once", async ({ registry }) => {
  await create(registry);
  expect(await registry.delete(target, {})).toMatchObject({
    gone: true,
    object: { metadata: { name: "web" } },
  });
  expect(() => registry.get(target)).toThrow('localprocesses.tiltish.dev "web" not found');
});

test("rule 101: a finalizer holds the object until it is taken off", async ({ registry }) => {
  await create(registry, { finalizers: ["x.dev/hold"] });
  const first = await registry.delete(target, {});
  expect(first).toMatchObject({
    gone: false,
    object: { metadata: { generation: 2, deletionGracePeriodSeconds: 0 } },
  });
  const second = await registry.delete(target, {});
  expect(second.object).toEqual(first.object);

  const more = { metadata: { finalizers: ["x.dev/hold", "x.dev/more"] } };
  await expect(registry.patch(target, { type: "merge", body: more }, {})).rejects.toMatchObject({
    code: 422,
  });
  const edited = await registry.patch(
    target,
    { type: "merge", body: { metadata: { labels: { a: "b" } } } },
    {},
  );
  expect(edited.object.metadata.deletionTimestamp).toBe(first.object.metadata.deletionTimestamp);

  const released = await registry.patch(
    target,
    { type: "merge", body: { metadata: { finalizers: null } } },
    {},
  );
  expect(released.object.metadata.name).toBe("web");
  expect(() => registry.get(target)).toThrow("not found");
});

test.for([
  ["Foreground", "foregroundDeletion"],
  ["Orphan", "orphan"],
] as const)(
  "rule 102: %s deletion holds the object with the finalizer %s",
  async ([policy, finalizer], { registry }) => {
    await create(registry);
    const { object, gone } = await registry.delete(target, { propagationPolicy: policy });
    expect(gone).toBe(false);
    expect(object.metadata.finalizers).toEqual([finalizer]);
  },
);

test.for([
  ["Foreground", "Background", undefined],
  ["Orphan", "Background", undefined],
  ["Orphan", "Foreground", "foregroundDeletion"],
  ["Foreground", "Orphan", "orphan"],
  ["Foreground", undefined, "foregroundDeletion"],
] as const)(
  "rule 102: a %s deletion that is asked for again as %s goes on as that",
  async ([first, second, finalizer], { registry }) => {
    await create(registry);
    const before = await registry.delete(target, { propagationPolicy: first });
    const { object, gone } = await registry.delete(target, { propagationPolicy: second });
    expect(gone).toBe(finalizer === undefined);
    expect(object.metadata.finalizers).toEqual(finalizer && [finalizer]);
    expect(object.metadata.deletionTimestamp).toBe(before.object.metadata.deletionTimestamp);
    expect(object.metadata.generation).toBe(2);
  },
);

test("rule 102: an object's own finalizer says how it goes when nobody else does", async ({ registry }) => {
  await create(registry, { finalizers: ["orphan"] });
  expect(await registry.delete(target, {})).toMatchObject({ gone: false });
  expect(await registry.delete(target, { propagationPolicy: "Background" })).toMatchObject({ gone: true });
});

test("nothing belongs to an Event, so that it always goes at once", async ({ registry }) => {
  const event = { kind: kind("Event"), namespace: "default", name: "e" };
  await registry.create(event, { metadata: { name: "e" }, involvedObject: {} }, {});
  expect(await registry.delete(event, { propagationPolicy: "Foreground" })).toMatchObject({ gone: true });
});

test("rule 100: a precondition that does not hold is a conflict", async ({ registry }) => {
  const { metadata } = await create(registry);
  await expect(registry.delete(target, { preconditions: { uid: "other" } })).rejects.toMatchObject({
    code: 409,
  });
  await expect(registry.delete(target, { preconditions: { resourceVersion: "1" } })).rejects.toMatchObject({
    code: 409,
  });
  expect(await registry.delete(target, { preconditions: { uid: metadata.uid! } })).toMatchObject({
    gone: true,
  });
});

test("rule 100: an unknown propagation policy is refused", async ({ registry }) => {
  await create(registry);
  await expect(registry.delete(target, { propagationPolicy: "Sideways" as "Orphan" })).rejects.toMatchObject({
    code: 422,
  });
});

test("rule 74: a dry run deletes nothing", async ({ registry }) => {
  await create(registry);
  expect(await registry.delete(target, { dryRun: true })).toMatchObject({ gone: true });
  expect(registry.get(target)).toBeTruthy();
});

const namespace = (name: string) => ({ kind: kind("Namespace"), namespace: "", name });

test("the default namespace cannot be deleted; another one waits for its finalizer", async ({ registry }) => {
  await expect(registry.delete(namespace("default"), {})).rejects.toMatchObject({ code: 403 });
  const { object, gone } = await registry.delete(namespace("other"), {});
  expect(gone).toBe(false);
  expect(object["status"]).toEqual({ phase: "Terminating" });
});

test("rule 105: a name that is used again is another object", async ({ registry }) => {
  const first = await create(registry);
  await registry.delete(target, {});
  const second = await create(registry);
  expect(second.metadata.uid).not.toBe(first.metadata.uid);
  expect(second.metadata.generation).toBe(1);
  expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion) + 1);
});

test("rule 104: deletecollection takes what the selector matches, in its namespace", async ({ registry }) => {
  await create(registry, { labels: { app: "a" } }, "one");
  await create(registry, { labels: { app: "b" } }, "two");
  const { items } = await registry.deleteCollection(target, { labelSelector: "app=a" });
  expect(items.map(({ object }) => object.metadata.name)).toEqual(["one"]);
  expect(registry.list(target, {}).items.map(({ key }) => key.name)).toEqual(["two"]);
});

test("a collection is deleted although others delete from it", async ({ registry }) => {
  const names = Array.from({ length: 20 }, (_, i) => `web${i}`);
  for (const name of names) await create(registry, {}, name);
  const [deleted] = await Promise.all([
    ...[1, 2].map(() => registry.deleteCollection(target, {})),
    ...names.map((name) => registry.delete({ ...target, name }, {}).catch(() => undefined)),
  ]);
  expect(deleted).toMatchObject({ items: { length: 20 } });
  expect(registry.list(target, {}).items).toEqual([]);
});

test("a replacement of a Namespace leaves what holds it, and its label", async ({ registry }) => {
  const other = { kind: kind("Namespace"), namespace: "", name: "replaced" };
  const { object } = await registry.create(other, { metadata: { name: "replaced" } }, {});
  const { labels, resourceVersion } = object.metadata;
  const replaced = await registry.update(other, { metadata: { name: "replaced" } }, {});
  expect(replaced.object).toMatchObject({ metadata: { labels, resourceVersion }, spec: object["spec"] });
  expect(await registry.delete(other, {})).toMatchObject({ gone: false });
  await registry.update(other, { metadata: { name: "replaced" } }, { subresource: "finalize" });
  expect(() => registry.get(other)).toThrow("not found");
});

test("a namespace takes nothing in from the moment that its deletion is decided", async ({ registry }) => {
  const inOther = (name: string) => registry.create(collection, { metadata: { name } }, {});
  const collection = { kind: kind("ConfigMap"), namespace: "other" };
  const [before, deleted, after] = await Promise.allSettled([
    inOther("before"),
    registry.delete(namespace("other"), {}),
    inOther("after"),
  ]);
  expect([before.status, deleted.status]).toEqual(["fulfilled", "fulfilled"]);
  expect(after).toMatchObject({ status: "rejected", reason: { code: 403, reason: "Forbidden" } });

  const [, late] = await Promise.allSettled([
    registry.update(namespace("other"), { metadata: { name: "other" } }, { subresource: "finalize" }),
    inOther("late"),
  ]);
  expect(late).toMatchObject({ status: "rejected", reason: { code: 404, reason: "NotFound" } });
});

test("a namespace takes things in from the moment that it is decided", async ({ registry }) => {
  const [, created] = await Promise.all([
    registry.create({ kind: kind("Namespace") }, { metadata: { name: "new" } }, {}),
    registry.create({ kind: kind("ConfigMap"), namespace: "new" }, { metadata: { name: "c" } }, {}),
  ]);
  expect(created.object.metadata.namespace).toBe("new");
});
