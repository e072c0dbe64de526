import { describe, expect } from "vitest";
import { ConfigMap, Namespace } from "../../../apis/core/index.ts";
import type { AnyKind } from "../../../client/index.ts";
import { config, exists, gone, ownersOf, test, to } from "./fixture.ts";

describe("the garbage collector", () => {
  test("deletes what an owner leaves behind, and what that leaves behind", async ({
    client,
    collected: _,
  }) => {
    const owner = await config(client, "owner");
    const child = await config(client, "child", to(owner));
    await config(client, "grandchild", to(child));
    await config(client, "other");
    await client.delete(ConfigMap, "owner");
    expect(await exists(client, "owner")).toBe(false);
    await gone(client, "child");
    await gone(client, "grandchild");
    expect(await exists(client, "other")).toBe(true);
  });

  test("deletes what was left behind while it was not there", async ({ client, idle }) => {
    const owner = await config(client, "owner");
    await config(client, "child", to(owner));
    await client.delete(ConfigMap, "owner");
    await idle.start();
    await gone(client, "child");
  });

  test("deletes an object that is created for an owner that is gone already", async ({
    client,
    collected: _,
  }) => {
    const owner = await config(client, "owner");
    await client.delete(ConfigMap, "owner");
    await config(client, "late", to(owner));
    await gone(client, "late");
  });

  test("rule 103: takes an owner of the same name but another uid for another one", async ({
    client,
    collected: _,
  }) => {
    const owner = await config(client, "owner");
    await client.delete(ConfigMap, "owner");
    const second = await config(client, "owner");
    await config(client, "stale", to(owner));
    await config(client, "fresh", to(second));
    await gone(client, "stale");
    expect(await exists(client, "fresh")).toBe(true);
  });

  test("rule 103: only drops the reference while another owner lives", async ({ client, collected: _ }) => {
    const one = await config(client, "one");
    const two = await config(client, "two");
    await config(client, "shared", to(one), to(two));
    await client.delete(ConfigMap, "one");
    await expect.poll(() => ownersOf(client, "shared")).toEqual(["two"]);
    await client.delete(ConfigMap, "two");
    await gone(client, "shared");
  });

  test("leaves alone what belongs to an owner of a kind that it does not know", async ({
    client,
    collected: _,
  }) => {
    const stranger = { apiVersion: "example.com/v1", kind: "Stranger", name: "s", uid: "1" };
    await config(client, "kept", stranger);
    await config(client, "orphan", { apiVersion: "v1", kind: "ConfigMap", name: "none", uid: "2" });
    await gone(client, "orphan");
    expect(await exists(client, "kept")).toBe(true);
  });

  test("rule 103: takes a namespaced owner of a cluster-scoped object for absent", async ({
    client,
    collected: _,
    told,
  }) => {
    const owner = await config(client, "owner");
    await client.createObject(Namespace, { metadata: { name: "owned", ownerReferences: [to(owner)] } });
    await client.waitFor(Namespace, "owned", (object) => !object || !!object.metadata.deletionTimestamp);
    expect(told).toContain("Warning OwnerRefInvalidNamespace owned");
    expect(await exists(client, "owner")).toBe(true);
  });

  test("rule 103: takes a reference by a wrong name for one to nobody, and no other one", async ({
    client,
    collected: _,
  }) => {
    const owner = await config(client, "owner");
    await config(client, "wrong", { ...to(owner), name: "another" });
    await gone(client, "wrong");
    await config(client, "right", to(owner));
    await config(client, "wrong", { ...to(owner), name: "another" });
    await gone(client, "wrong");
    expect(await exists(client, "right")).toBe(true);
  });

  test("rule 103: takes an owner in another namespace for absent", async ({ client, collected: _, told }) => {
    const owner = await config(client, "owner");
    await config(client.in("other"), "child", to(owner));
    await gone(client.in("other"), "child");
    expect(told).toContain("Warning OwnerRefInvalidNamespace child");
  });
});

describe("deletion in the foreground", () => {
  const foreground = { propagationPolicy: "Foreground" } as const;

  test("keeps the owner until its blocking dependents are gone", async ({ client, collected: _ }) => {
    const owner = await config(client, "owner");
    const held = { name: "held", ownerReferences: [to(owner)], finalizers: ["test.dev/hold"] };
    await client.createObject(ConfigMap, { metadata: held });
    await config(client, "free", to(owner));
    await client.delete(ConfigMap, "owner", foreground);
    await gone(client, "free");
    const dying = await client.waitFor(ConfigMap, "held", (object) => !!object?.metadata.deletionTimestamp);
    expect(await client.get(ConfigMap, "owner")).toMatchObject({
      metadata: { finalizers: ["foregroundDeletion"] },
    });
    await client.update(ConfigMap, dying!, ({ metadata }) => void (metadata.finalizers = []));
    await gone(client, "held");
    await gone(client, "owner");
  });

  test("goes down all generations before the owner goes", async ({ client, collected: _ }) => {
    const owner = await config(client, "owner");
    const child = await config(client, "child", to(owner));
    const held = { name: "held", ownerReferences: [to(child)], finalizers: ["test.dev/hold"] };
    await client.createObject(ConfigMap, { metadata: held });
    await client.delete(ConfigMap, "owner", foreground);
    const dying = await client.waitFor(ConfigMap, "held", (object) => !!object?.metadata.deletionTimestamp);
    expect([await exists(client, "owner"), await exists(client, "child")]).toEqual([true, true]);
    await client.update(ConfigMap, dying!, ({ metadata }) => void (metadata.finalizers = []));
    await gone(client, "owner");
    expect(await exists(client, "child")).toBe(false);
  });

  test("does not wait for a dependent that does not block, but deletes it too", async ({
    client,
    collected: _,
  }) => {
    const owner = await config(client, "owner");
    const held = { name: "held", ownerReferences: [to(owner, false)], finalizers: ["test.dev/hold"] };
    await client.createObject(ConfigMap, { metadata: held });
    await client.delete(ConfigMap, "owner", foreground);
    await gone(client, "owner");
    await client.waitFor(ConfigMap, "held", (object) => !!object?.metadata.deletionTimestamp);
  });

  test("of an owner without dependents is over at once", async ({ client, collected: _ }) => {
    await config(client, "owner");
    await client.delete(ConfigMap, "owner", foreground);
    await gone(client, "owner");
  });

  test("gets through a circle of owners", async ({ client, collected: _ }) => {
    const one = await config(client, "one");
    const two = await config(client, "two", to(one));
    await client.update(ConfigMap, one, ({ metadata }) => void (metadata.ownerReferences = [to(two)]));
    await client.delete(ConfigMap, "one", foreground);
    await gone(client, "one");
    await gone(client, "two");
  });
});

describe("deletion that orphans", () => {
  test("lets the dependents live without a reference", async ({ client, collected: _ }) => {
    const owner = await config(client, "owner");
    const other = await config(client, "other");
    await config(client, "child", to(owner), to(other));
    await config(client, "only", to(owner));
    await client.delete(ConfigMap, "owner", { propagationPolicy: "Orphan" });
    await gone(client, "owner");
    expect(await ownersOf(client, "child")).toEqual(["other"]);
    expect(await ownersOf(client, "only")).toEqual([]);
  });
});

test("a crowd of dependents goes as one does", async ({ client, collected: _ }) => {
  const owner = await config(client, "owner");
  await Promise.all(Array.from({ length: 300 }, (_, i) => config(client, `c${i}`, to(owner))));
  await client.delete(ConfigMap, "owner", { propagationPolicy: "Foreground" });
  await gone(client, "owner");
  expect((await client.list(ConfigMap as AnyKind)).items).toEqual([]);
});
