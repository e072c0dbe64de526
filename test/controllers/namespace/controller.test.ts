import { describe, expect } from "vitest";
import { ConfigMap, Namespace } from "../../../apis/core/index.ts";
import { ALL_KINDS } from "../../../apis/index.ts";
import { LocalProcess, LocalResource } from "../../../apis/v1alpha1/index.ts";
import { namespaceController } from "../../../controllers/namespace/index.ts";
import { ownerReferenceTo } from "../../../controllers/runtime/index.ts";
import { test as base } from "../runtime/fixture.ts";

const test = base.extend<{ running: void }>({
  running: async ({ manager, registry: _ }, use) => {
    await manager.add(namespaceController({ kinds: ALL_KINDS })).start();
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
});
