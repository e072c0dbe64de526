import { describe, expect } from "vitest";
import type { Answer, Json } from "./client.ts";
import { type Collection, MERGE } from "./collection.ts";
import { mistake, rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const HOLD = ["conformance.example.com/hold"];
const DELETE_OPTIONS = { kind: "DeleteOptions", apiVersion: "v1" };
const UID = "11111111-1111-4111-8111-111111111111";
/** The collector works beside the server. */
const COLLECTING = { timeout: 15_000, interval: 50 };

const release = (objects: Collection, name: string) =>
  objects.merge(name, { metadata: { finalizers: null } });
const statusOf = async (objects: Collection, name: string): Promise<number> =>
  (await objects.get(name)).status;
const expectGone = (objects: Collection, name: string) =>
  expect.poll(() => statusOf(objects, name), COLLECTING).toBe(404);

describe("what a DELETE answers", () => {
  rule(99, "a Status that says whose uid is gone", async ({ widgets, configMaps }) => {
    for (const [objects, group] of [
      [widgets, { group: GROUP }],
      [configMaps, {}],
    ] as const) {
      const { uid } = (await objects.make("a")).metadata as { uid: string };
      const { status, json } = await objects.delete("a");
      expect(status).toBe(200);
      expect(json).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Success" });
      expect(json.details).toEqual({ name: "a", ...group, kind: objects.place.plural, uid });
      expect(await statusOf(objects, "a")).toBe(404);
    }
  });

  rule(99, "the object, while finalizers hold it", async ({ widgets }) => {
    const { uid } = (await widgets.make("a", {}, { finalizers: HOLD })).metadata as { uid: string };
    const { status, json } = await widgets.delete("a");
    expect(status).toBe(200);
    expect(json).toMatchObject({ kind: "Widget", metadata: { name: "a", uid, finalizers: HOLD } });
    expect(json.metadata.deletionTimestamp).toMatch(/^\d{4}-.*Z$/);
    await release(widgets, "a");
  });
});

describe("DeleteOptions", () => {
  rule(100, "they come as JSON or YAML, of either group, or in the query", async ({ widgets }) => {
    const preconditions = { uid: UID };
    const remove = (body: unknown, type = "application/json", query = "") =>
      widgets.api.ask(widgets.url("a") + query, {
        method: "DELETE",
        body,
        headers: { "content-type": type },
      });
    await widgets.make("a");
    expect(await remove({ ...DELETE_OPTIONS, preconditions })).toMatchObject({ status: 409 });
    expect(await remove({ ...DELETE_OPTIONS, apiVersion: "meta.k8s.io/v1", preconditions })).toMatchObject({
      status: 409,
    });
    const yaml = `kind: DeleteOptions\napiVersion: v1\npreconditions: {uid: ${UID}}\n`;
    expect(await remove(yaml, "application/yaml")).toMatchObject({ status: 409 });
    expect(await remove(undefined, undefined, "?propagationPolicy=Sideways")).toMatchObject({ status: 422 });
    expect(
      await remove({ ...DELETE_OPTIONS, gracePeriodSeconds: 0, propagationPolicy: "Background" }),
    ).toMatchObject({
      status: 200,
    });
  });

  rule(
    100,
    "a precondition that does not hold is a conflict, and deletes nothing",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        const stale = (await objects.make("a")).metadata as { uid: string; resourceVersion: string };
        const current = (await objects.merge("a", { metadata: { labels: { app: "web" } } }))
          .metadata as typeof stale;
        for (const preconditions of [{ uid: UID }, { resourceVersion: stale.resourceVersion }]) {
          const answer = await objects.delete("a", { ...DELETE_OPTIONS, preconditions });
          expect([preconditions, answer.status, answer.json.reason]).toEqual([
            preconditions,
            409,
            "Conflict",
          ]);
        }
        expect(await statusOf(objects, "a")).toBe(200);
        const { uid, resourceVersion } = current;
        const preconditions = { uid, resourceVersion };
        expect(await objects.delete("a", { ...DELETE_OPTIONS, preconditions })).toMatchObject({
          status: 200,
        });
      }
    },
  );

  rule(100, "a policy that is none, or two at once, are 422", async ({ widgets }) => {
    await widgets.make("a");
    for (const options of [
      { propagationPolicy: "Sideways" },
      { propagationPolicy: "Orphan", orphanDependents: true },
      { propagationPolicy: "Background", orphanDependents: false },
    ]) {
      const answer = await widgets.delete("a", { ...DELETE_OPTIONS, ...options });
      expect([options, answer.status, answer.json.reason]).toEqual([options, 422, "Invalid"]);
    }
    expect(await statusOf(widgets, "a")).toBe(200);
  });

  rule(100, "a body that is no DeleteOptions deletes nothing", async ({ widgets }) => {
    await widgets.make("a");
    for (const body of [widgets.object("a"), [], "{", { ...DELETE_OPTIONS, preconditions: 5 }]) {
      const { status } = await widgets.delete("a", body);
      expect([body, [400, 422].includes(status)]).toEqual([body, true]);
    }
    expect(await statusOf(widgets, "a")).toBe(200);
  });
});

describe("finalizers", () => {
  rule(101, "a deletion begins with a timestamp and a generation, and no more", async ({ widgets }) => {
    const made = await widgets.make("a", { spec: { size: 1 } }, { finalizers: HOLD, labels: { app: "web" } });
    const { json } = await widgets.delete("a");
    expect(json.metadata).toMatchObject({
      deletionGracePeriodSeconds: 0,
      generation: 2,
      labels: { app: "web" },
    });
    expect(json.spec).toEqual(made.spec);
    expect(Number(json.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
    expect(await widgets.read("a")).toEqual(json);
    await release(widgets, "a");
  });

  rule(101, "a second delete changes nothing", async ({ widgets }) => {
    await widgets.make("a", {}, { finalizers: HOLD });
    const first = await widgets.delete("a");
    expect(await widgets.delete("a")).toMatchObject({ status: 200, json: first.json });
    await release(widgets, "a");
  });

  rule(
    101,
    "whatever write takes the last finalizer away deletes, and answers the object",
    async ({ widgets }) => {
      const writes: Record<string, (held: Json) => Promise<Answer>> = {
        merge: () => widgets.patch("merge", { metadata: { finalizers: null } }),
        json: () =>
          widgets.patch(
            "json",
            [{ op: "remove", path: "/metadata/finalizers" }],
            "application/json-patch+json",
          ),
        put: (held) => widgets.put("put", { ...held, metadata: { ...held.metadata, finalizers: [] } }),
      };
      for (const [name, write] of Object.entries(writes)) {
        await widgets.make(name, {}, { finalizers: HOLD });
        const { json } = await widgets.delete(name);
        const answer = await write(json);
        expect([name, answer.status, answer.json.kind]).toEqual([name, 200, "Widget"]);
        expect(answer.json.metadata.deletionTimestamp).toBe(json.metadata.deletionTimestamp);
        expect(await statusOf(widgets, name)).toBe(404);
      }
    },
  );

  rule(101, "of several finalizers each takes its own away", async ({ widgets }) => {
    await widgets.make("a", {}, { finalizers: [...HOLD, "conformance.example.com/two"] });
    await widgets.delete("a");
    await widgets.merge("a", { metadata: { finalizers: HOLD } });
    expect(await statusOf(widgets, "a")).toBe(200);
    await release(widgets, "a");
    expect(await statusOf(widgets, "a")).toBe(404);
  });

  rule(101, "what is being deleted gets no new finalizers, and does not come back", async ({ widgets }) => {
    await widgets.make("a", {}, { finalizers: HOLD });
    const { json } = await widgets.delete("a");
    const more = await widgets.patch("a", {
      metadata: { finalizers: [...HOLD, "conformance.example.com/two"] },
    });
    expect(more).toMatchObject({ status: 422, json: { reason: "Invalid" } });
    expect(more.text).toContain("metadata.finalizers");
    await widgets.patch("a", { metadata: { deletionTimestamp: null } });
    const { deletionTimestamp } = (await widgets.read("a")).metadata;
    expect(deletionTimestamp).toBe(json.metadata.deletionTimestamp);
    await release(widgets, "a");
  });

  rule(101, "it can still be edited", async ({ widgets }) => {
    await widgets.make("a", {}, { finalizers: HOLD });
    await widgets.delete("a");
    const patch = { metadata: { labels: { app: "web" } }, spec: { size: 2 } };
    expect(await widgets.patch("a", patch)).toMatchObject({ status: 200, json: patch });
    expect(await widgets.patch("a/status", { status: { phase: "Ending" } })).toMatchObject({ status: 200 });
    await release(widgets, "a");
  });

  rule(101, "without a deletion, finalizers come and go", async ({ widgets }) => {
    await widgets.make("a", {}, { finalizers: HOLD });
    await release(widgets, "a");
    expect(await statusOf(widgets, "a")).toBe(200);
  });
});

/** An owner and what it owns. */
async function family(objects: Collection, extra: object = {}): Promise<{ owner: Json; reference: Json }> {
  const owner = await objects.make("owner");
  const { apiVersion, kind, metadata } = owner;
  const reference = { apiVersion, kind, name: "owner", uid: metadata.uid as string };
  await objects.make("child", {}, { ownerReferences: [{ ...reference, ...extra }] });
  return { owner, reference };
}

const remove = (objects: Collection, name: string, propagationPolicy: string) =>
  objects.delete(name, { ...DELETE_OPTIONS, propagationPolicy });

describe("propagation", () => {
  rule(
    102,
    "in the background: the owner goes now, what it owns later; so it is unasked",
    async ({ widgets, configMaps }) => {
      for (const [objects, policy] of [
        [widgets, undefined],
        [configMaps, "Background"],
      ] as const) {
        await family(objects);
        const answer = policy ? await remove(objects, "owner", policy) : await objects.delete("owner");
        expect(answer).toMatchObject({ status: 200, json: { kind: "Status" } });
        expect(await statusOf(objects, "owner")).toBe(404);
        await expectGone(objects, "child");
      }
    },
  );

  rule(102, "in the foreground: what blocks goes first, then the owner", async ({ widgets }) => {
    await family(widgets, { blockOwnerDeletion: true });
    await widgets.merge("child", { metadata: { finalizers: HOLD } });
    const { status, json } = await remove(widgets, "owner", "Foreground");
    expect(status).toBe(200);
    expect(json.metadata).toMatchObject({ name: "owner", finalizers: ["foregroundDeletion"] });
    expect(json.metadata.deletionTimestamp).toBeDefined();
    const isDying = async () =>
      (await widgets.read("child")).metadata.deletionTimestamp as string | undefined;
    await expect.poll(isDying, COLLECTING).toBeDefined();
    expect(await statusOf(widgets, "owner")).toBe(200);
    await release(widgets, "child");
    await expectGone(widgets, "owner");
    expect(await statusOf(widgets, "child")).toBe(404);
  });

  rule(102, "orphaned: what it owned stays, and knows no owner any more", async ({ widgets }) => {
    await family(widgets);
    expect(await remove(widgets, "owner", "Orphan")).toMatchObject({
      status: 200,
      json: { metadata: { finalizers: ["orphan"] } },
    });
    await expectGone(widgets, "owner");
    const child = await widgets.read("child");
    expect(child.metadata.ownerReferences ?? []).toEqual([]);
    expect(child.metadata).not.toHaveProperty("deletionTimestamp");
  });

  rule(102, "orphanDependents says the same", async ({ widgets }) => {
    await family(widgets);
    await widgets.delete("owner", { ...DELETE_OPTIONS, orphanDependents: true });
    await expectGone(widgets, "owner");
    expect(await statusOf(widgets, "child")).toBe(200);
  });
});

describe("the collector", () => {
  const dangling = { apiVersion: "v1", kind: "ConfigMap", name: "nobody", uid: UID };

  rule(103, "what has only owners that are gone goes as well", async ({ widgets }) => {
    await widgets.make("a", {}, { ownerReferences: [dangling] });
    await expectGone(widgets, "a");
  });

  rule(103, "as long as one owner lives it stays, and forgets the others", async ({ widgets }) => {
    const { apiVersion, kind, metadata } = await widgets.make("owner");
    const living = { apiVersion, kind, name: "owner", uid: metadata.uid as string };
    await widgets.make("a", {}, { ownerReferences: [dangling, living] });
    const owners = async () => (await widgets.read("a")).metadata.ownerReferences as Json[];
    await expect.poll(owners, COLLECTING).toEqual([living]);
  });

  rule(103, "an owner is who has the uid, not who has the name", async ({ widgets }) => {
    const { apiVersion, kind } = await widgets.make("owner");
    await widgets.make("a", {}, { ownerReferences: [{ apiVersion, kind, name: "owner", uid: UID }] });
    await expectGone(widgets, "a");
    expect(await statusOf(widgets, "owner")).toBe(200);
  });

  mistake(22, "a new object of an old name owns nothing of the old one", async ({ widgets }) => {
    await family(widgets);
    await widgets.delete("owner");
    await widgets.make("owner");
    await expectGone(widgets, "child");
  });

  rule(103, "an owner of another namespace is none", async ({ widgets, namespaces, namespace }) => {
    const other = `${namespace}-2`;
    await namespaces.make(
      other,
      {},
      { labels: (await namespaces.read(namespace)).metadata.labels as object },
    );
    const elsewhere = widgets.at({ namespace: other });
    const { apiVersion, kind, metadata } = await elsewhere.make("owner");
    const ownerReferences = [{ apiVersion, kind, name: "owner", uid: metadata.uid as string }];
    await widgets.make("a", {}, { ownerReferences });
    await expectGone(widgets, "a");
    expect(await statusOf(elsewhere, "owner")).toBe(200);
  });
});

describe("collections", () => {
  const makeThree = async (objects: Collection): Promise<void> => {
    for (const [name, app] of [
      ["a", "web"],
      ["b", "db"],
      ["c", "web"],
    ] as const) {
      await objects.make(name, {}, { labels: { app } });
    }
  };

  rule(104, "what a selector says is deleted, and nothing else", async ({ widgets, leases }) => {
    for (const objects of [widgets, leases]) {
      await makeThree(objects);
      expect(await objects.delete("", undefined, { labelSelector: "app=web" })).toMatchObject({
        status: 200,
      });
      await expect.poll(() => objects.names(), COLLECTING).toEqual(["b"]);
      await objects.delete("", undefined, { fieldSelector: "metadata.name!=b" });
      expect(await objects.names()).toEqual(["b"]);
      await objects.delete("", undefined, { fieldSelector: "metadata.name=b" });
      await expect.poll(() => objects.names(), COLLECTING).toEqual([]);
    }
  });

  rule(104, "custom types answer what was deleted", async ({ widgets }) => {
    await makeThree(widgets);
    const { json } = await widgets.delete("", undefined, { labelSelector: "app=web" });
    expect(json).toMatchObject({
      kind: "WidgetList",
      items: [{ metadata: { name: "a" } }, { metadata: { name: "c" } }],
    });
  });

  rule(104, "dryRun and policy hold", async ({ widgets }) => {
    await makeThree(widgets);
    await widgets.delete("", undefined, { dryRun: "All" });
    expect(await widgets.names()).toEqual(["a", "b", "c"]);
    expect(await widgets.delete("", { ...DELETE_OPTIONS, propagationPolicy: "Sideways" })).toMatchObject({
      status: 422,
    });
    await widgets.delete("", { ...DELETE_OPTIONS, propagationPolicy: "Orphan" }, { labelSelector: "app=db" });
    await expectGone(widgets, "b");
    expect(await widgets.names()).toEqual(["a", "c"]);
  });

  rule(104, "what finalizers hold is only marked", async ({ widgets }) => {
    await widgets.make("a", {}, { finalizers: HOLD });
    await widgets.delete("");
    expect((await widgets.read("a")).metadata.deletionTimestamp).toBeDefined();
    await release(widgets, "a");
  });

  rule(105, "a name that is used again is another object", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const first = (await objects.make("a", {}, { labels: { app: "web" } })).metadata;
      await objects.patch("a", { metadata: { labels: { app: "db" } } }, MERGE);
      await objects.delete("a");
      const second = (await objects.make("a")).metadata;
      expect(second.uid).not.toBe(first.uid);
      expect(second.labels).toBeUndefined();
      expect(Number(second.resourceVersion)).toBeGreaterThan(Number(first.resourceVersion) + 2);
      if (objects === widgets) expect(second.generation).toBe(1);
    }
  });
});
