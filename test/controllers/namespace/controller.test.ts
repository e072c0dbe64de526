import { describe, expect } from "vitest";
import { ConfigMap, Namespace } from "../../../apis/core/index.ts";
import { ALL_KINDS } from "../../../apis/index.ts";
import { LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { namespaceController } from "../../../controllers/namespace/index.ts";
import { ownerReferenceTo, ServedKinds } from "../../../controllers/runtime/index.ts";
import { test as base } from "../runtime/fixture.ts";
import { create, define } from "../widgets.ts";

const test = base.extend<{ running: void }>({
  running: async ({ manager, registry: _ }, use) => {
    const kinds = new ServedKinds(ALL_KINDS);
    await manager.add(kinds).add(namespaceController({ kinds })).start();
    await use();
  },
});

describe("a Namespace that is deleted", () => {
  test("goes, and with it whatever is in it and nothing else", async ({ client, running: _ }) => {
    const other = client.in("other");
    await other.create(LocalProcess, "web", { argv: ["true"] });
    await other.createObject(ConfigMap, { metadata: { name: "c" } });
    await client.create(LocalProcess, "web", { argv: ["true"] });
    await client.delete(Namespace, "other");
    await client.waitFor(Namespace, "other", (namespace) => !namespace);
    expect((await client.list(LocalProcess, { allNamespaces: true })).items).toHaveLength(1);
    expect((await client.list(ConfigMap, { allNamespaces: true })).items).toEqual([]);
  });

  test("loses what owns before what is owned, so that nobody makes that anew", async ({
    client,
    running: _,
  }) => {
    const other = client.in("other");
    const owner = await other.create(LocalResource, "app", {});
    const metadata = { name: "app-serve", ownerReferences: [ownerReferenceTo(owner)] };
    await other.create(LocalProcess, metadata, { argv: ["true"] });
    const gone: string[] = [];
    const informers = [LocalProcess, LocalResource].map((kind) => client.informer(kind).start());
    await Promise.all(informers.map((informer) => informer.synced));
    const versions = new Map<string, number>();
    for (const informer of informers)
      informer.on({
        deleted: ({ kind, metadata }) => {
          gone.push(kind);
          versions.set(kind, Number(metadata.resourceVersion));
        },
      });
    await client.delete(Namespace, "other");
    await expect.poll(() => gone).toHaveLength(2);
    expect(versions.get("LocalResource")).toBeLessThan(versions.get("LocalProcess")!);
    await Promise.all(informers.map((informer) => informer.stop()));
  });

  test("goes at once when it is empty", async ({ client, running: _ }) => {
    await client.createObject(Namespace, { metadata: { name: "empty" } });
    await client.delete(Namespace, "empty");
    await client.waitFor(Namespace, "empty", (namespace) => !namespace);
  });

  test("stays, and takes nothing in, until the last object has let go", async ({ client, running: _ }) => {
    const other = client.in("other");
    const metadata = { name: "held", finalizers: ["test.dev/hold"] };
    await other.createObject(ConfigMap, { metadata });
    await client.delete(Namespace, "other");
    const held = await other.waitFor(ConfigMap, "held", (object) => !!object?.metadata.deletionTimestamp);
    await expect(other.createObject(ConfigMap, { metadata: { name: "late" } })).rejects.toMatchObject({
      reason: "Forbidden",
    });
    expect(await client.get(Namespace, "other")).toMatchObject({ status: { phase: "Terminating" } });
    await other.update(ConfigMap, held!, ({ metadata }) => void (metadata.finalizers = []));
    await client.waitFor(Namespace, "other", (namespace) => !namespace);
  });

  test("loses objects of kinds that came a moment ago", async ({ client, running: _ }) => {
    const widgets = await define(client);
    await create(client.in("other"), widgets, { name: "theirs" });
    await create(client, widgets, { name: "ours" });
    await client.delete(Namespace, "other");
    await client.waitFor(Namespace, "other", (namespace) => !namespace);
    const { items } = await client.list(widgets, { allNamespaces: true });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["ours"]);
  });

  test("says what it waits for", async ({ client, running: _ }) => {
    const other = client.in("other");
    const widgets = await define(client);
    await create(other, widgets, { name: "a", finalizers: ["test.dev/hold", "test.dev/more"] });
    await create(other, widgets, { name: "b", finalizers: ["test.dev/hold"] });
    await create(other, ConfigMap, { name: "c", finalizers: ["test.dev/hold"] });
    await create(other, ConfigMap, { name: "free" });
    await client.delete(Namespace, "other");
    const conditions = async () => {
      const { status } = (await client.get(Namespace, "other"))!;
      return status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]);
    };
    await expect.poll(conditions).toEqual([
      [
        "NamespaceDeletionContentFailure",
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
      ],
      [
        "NamespaceContentRemaining",
        "True",
        "SomeResourcesRemain",
        "Some resources are remaining: configmaps has 1 resource instances, widgets.example.com has 2 resource instances",
      ],
      [
        "NamespaceFinalizersRemaining",
        "True",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: test.dev/hold in 3 resource instances, test.dev/more in 1 resource instances",
      ],
    ]);
    const [before] = (await client.get(Namespace, "other"))!.status!.conditions!;
    await client.patch(ConfigMap, { namespace: "other", name: "c" }, { metadata: { finalizers: null } });
    const remaining = async () => (await conditions())?.[1]?.[3];
    await expect
      .poll(remaining)
      .toBe("Some resources are remaining: widgets.example.com has 2 resource instances");
    expect(await client.get(Namespace, "other")).toMatchObject({
      status: { phase: "Terminating", conditions: { 0: before } },
    });
    for (const name of ["a", "b"]) await other.patch(widgets, name, { metadata: { finalizers: null } });
    await client.waitFor(Namespace, "other", (namespace) => !namespace);
  });
});
