import { describe, expect } from "vitest";
import { CustomResourceDefinition } from "../../../apis/apiextensions/index.ts";
import { ConfigMap } from "../../../apis/core/index.ts";
import { create, define, kindOf } from "../widgets.ts";
import { config, exists, gone, ownersOf, test, to } from "./fixture.ts";

describe("the garbage collector, for kinds that come and go,", () => {
  test("deletes what belongs to an object of a kind that came a moment ago", async ({
    client,
    collected: _,
  }) => {
    const widgets = await define(client);
    const owner = await create(client, widgets, { name: "owner" });
    await config(client, "child", to(owner));
    await create(client, widgets, { name: "child", ownerReferences: [to(owner)] });
    await client.delete(widgets, "owner");
    await gone(client, "child");
    await gone(client, "child", widgets);
  });

  test("deletes objects of such a kind with their owner", async ({ client, collected: _ }) => {
    const owner = await config(client, "owner");
    const widgets = await define(client);
    await create(client, widgets, { name: "child", ownerReferences: [to(owner)] });
    await client.delete(ConfigMap, "owner");
    await gone(client, "child", widgets);
  });

  test("finds dependents of a cluster-scoped owner in every namespace", async ({ client, collected: _ }) => {
    const clusters = await define(client, { plural: "clusters", kind: "Cluster", scope: "Cluster" });
    const owner = await create(client, clusters, { name: "owner" });
    await config(client, "child", to(owner));
    await config(client.in("other"), "child", to(owner));
    await create(client, clusters, { name: "child", ownerReferences: [to(owner)] });
    await client.delete(clusters, "owner", { propagationPolicy: "Foreground" });
    await gone(client, "owner", clusters);
    expect(await exists(client, "child")).toBe(false);
    expect(await exists(client.in("other"), "child")).toBe(false);
    expect(await exists(client, "child", clusters)).toBe(false);
  });

  test("knows an owner by whatever version of its kind", async ({ client, collected: _ }) => {
    const widgets = await define(client, { versions: [{ name: "v1" }, { name: "v1beta1" }] });
    const owner = await create(client, widgets, { name: "owner" });
    const old = { ...to(owner), apiVersion: "example.com/v1beta1" };
    await config(client, "child", old);
    await config(client, "stale", { ...old, uid: "another" });
    await gone(client, "stale");
    expect(await exists(client, "child")).toBe(true);
    await client.delete(widgets, "owner");
    await gone(client, "child");
  });

  test("leaves what belongs to a kind that is not served until it can know", async ({
    client,
    collected: _,
  }) => {
    const stranger = { apiVersion: "example.com/v1", kind: "Widget", name: "w", uid: "1" };
    const none = { apiVersion: "v1", kind: "ConfigMap", name: "none", uid: "2" };
    await config(client, "kept", stranger);
    await config(client, "both", stranger, none);
    await config(client, "orphan", none);
    await gone(client, "orphan");
    expect(await ownersOf(client, "both")).toEqual(["w", "none"]);
    expect(await exists(client, "kept")).toBe(true);
    await define(client);
    await gone(client, "kept");
    await gone(client, "both");
  });

  test("deletes what belonged to the objects of a definition that is deleted", async ({
    client,
    collected: _,
  }) => {
    const widgets = await define(client);
    const owner = await create(client, widgets, { name: "owner" });
    await config(client, "child", to(owner));
    await client.delete(CustomResourceDefinition, "widgets.example.com");
    await gone(client, "widgets.example.com", CustomResourceDefinition);
    await gone(client, "child");
    await define(client);
    const again = await create(client, widgets, { name: "owner" });
    await config(client, "fresh", to(again));
    await config(client, "stale", to(owner));
    await gone(client, "stale");
    expect(await exists(client, "fresh")).toBe(true);
  });

  test("loses nothing when the stored version is served no more", async ({ client, collected: _ }) => {
    const versions = [{ name: "v1beta1" }, { name: "v1" }];
    const before = await define(client, { versions });
    const owner = await create(client, before, { name: "owner" });
    await config(client, "child", to(owner));
    const definition = await client.get(CustomResourceDefinition, "widgets.example.com");
    await client.update(CustomResourceDefinition, definition!, ({ spec }) => {
      spec.versions[0]!.served = false;
      spec.versions[0]!.storage = false;
      spec.versions[1]!.storage = true;
    });
    const after = kindOf();
    await config(client, "second", to(owner));
    await config(client, "stale", { ...to(owner), uid: "another" });
    await gone(client, "stale");
    expect(await ownersOf(client, "child")).toEqual(["owner"]);
    expect(await ownersOf(client, "second")).toEqual(["owner"]);
    await client.delete(after, "owner");
    await gone(client, "child");
    await gone(client, "second");
  });

  test("keeps what belongs to objects that are out of reach", async ({ client, collected: _ }) => {
    const widgets = await define(client);
    const metadata = { name: "owner", finalizers: ["test.dev/hold"] };
    const owner = await create(client, widgets, metadata);
    await config(client, "child", to(owner));
    await client.delete(CustomResourceDefinition, "widgets.example.com");
    await client.patch(CustomResourceDefinition, "widgets.example.com", { metadata: { finalizers: null } });
    await gone(client, "widgets.example.com", CustomResourceDefinition);
    const none = { apiVersion: "v1", kind: "ConfigMap", name: "none", uid: "2" };
    await config(client, "late", to(owner));
    await config(client, "orphan", none);
    await gone(client, "orphan");
    expect(await exists(client, "child")).toBe(true);
    expect(await exists(client, "late")).toBe(true);
  });

  test("orphans dependents of a kind that came a moment ago", async ({ client, collected: _ }) => {
    const owner = await config(client, "owner");
    const widgets = await define(client);
    await create(client, widgets, { name: "child", ownerReferences: [to(owner)] });
    await client.delete(ConfigMap, "owner", { propagationPolicy: "Orphan" });
    await gone(client, "owner");
    expect(await ownersOf(client, "child", widgets)).toEqual([]);
  });

  test("waits in the foreground for what blocks, whatever its kind", async ({ client, collected: _ }) => {
    const widgets = await define(client);
    const owner = await create(client, widgets, { name: "owner" });
    const held = { name: "held", finalizers: ["test.dev/hold"] };
    await create(client, widgets, { ...held, ownerReferences: [to(owner)] });
    await create(client, widgets, { ...held, name: "free", ownerReferences: [to(owner, false)] });
    await client.delete(widgets, "owner", { propagationPolicy: "Foreground" });
    for (const name of ["held", "free"]) {
      await client.waitFor(widgets, name, (object) => !!object?.metadata.deletionTimestamp);
    }
    expect((await client.get(widgets, "owner"))?.metadata.finalizers).toEqual(["foregroundDeletion"]);
    await client.patch(widgets, "held", { metadata: { finalizers: null } });
    await gone(client, "owner", widgets);
    expect(await exists(client, "free", widgets)).toBe(true);
  });
});
