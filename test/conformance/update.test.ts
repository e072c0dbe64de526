import { describe, expect } from "vitest";
import type { Json } from "./client.ts";
import { APPLY, type Collection, JSON_PATCH, MERGE } from "./collection.ts";
import { rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const revisionOf = ({ metadata }: Json): number => Number(metadata.resourceVersion);
const without = (object: Json, ...fields: string[]): Json => ({
  ...object,
  metadata: Object.fromEntries(
    Object.entries(object.metadata as object).filter(([name]) => !fields.includes(name)),
  ),
});
const withMeta = (object: Json, metadata: object): Json => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});

describe("PUT", () => {
  rule(51, "it replaces the object, and answers what is stored", async ({ widgets }) => {
    const made = await widgets.make("a", { spec: { title: "A", size: 1 } }, { labels: { app: "web" } });
    const next = without({ ...made, spec: { size: 2 } }, "labels");
    const { status, json } = await widgets.put("a", next);
    expect(status).toBe(200);
    expect(json.spec).toEqual({ size: 2, mode: "plain" });
    expect(json.metadata).not.toHaveProperty("labels");
    expect(revisionOf(json)).toBeGreaterThan(revisionOf(made));
    expect(await widgets.read("a")).toEqual(json);
  });

  rule(
    51,
    "a resourceVersion of before is a conflict, and changes nothing",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        const stale = await objects.make("a");
        const current = await objects.merge("a", { metadata: { labels: { app: "web" } } });
        const answer = await objects.put("a", withMeta(stale, { labels: { app: "db" } }));
        expect(answer).toMatchObject({ status: 409, json: { reason: "Conflict" } });
        expect(await objects.read("a")).toEqual(current);
      }
    },
  );

  rule(51, "of many at once from the same state exactly one wins", async ({ widgets }) => {
    const read = await widgets.make("a");
    const writes = Array.from({ length: 20 }, (_, size) => widgets.put("a", { ...read, spec: { size } }));
    const answers = await Promise.all(writes);
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    expect((await widgets.read("a")).spec.size).toBe(winners[0]!.json.spec.size);
  });

  rule(52, "without a resourceVersion it is refused for a custom type", async ({ widgets }) => {
    const made = await widgets.make("a");
    const { status, json } = await widgets.put("a", without(made, "resourceVersion"));
    expect([status, json.reason]).toEqual([422, "Invalid"]);
    expect(json.details.causes).toMatchObject([
      { field: "metadata.resourceVersion", reason: "FieldValueInvalid" },
    ]);
    expect(json.message).toMatch(/metadata\.resourceVersion: .*must be specified for an update/);
  });

  rule(
    52,
    "without a resourceVersion it is unconditional for built-in types",
    async ({ configMaps, events }) => {
      const involvedObject = { kind: "Widget", name: "a", namespace: events.place.namespace };
      for (const [objects, fields] of [
        [configMaps, {}],
        [events, { involvedObject }],
      ] as const) {
        const made = await objects.make("a", fields);
        await objects.merge("a", { metadata: { labels: { app: "web" } } });
        const next = without(withMeta(made, { labels: { app: "db" } }), "resourceVersion");
        expect(await objects.put("a", next)).toMatchObject({
          status: 200,
          json: { metadata: { labels: { app: "db" } } },
        });
      }
    },
  );

  rule(
    52,
    "but a Lease is fenced: who does not say which one they have seen does not get it",
    async ({ leases }) => {
      const made = await leases.make("a");
      const { status, json } = await leases.put("a", without(made, "resourceVersion"));
      expect([status, json.reason]).toEqual([422, "Invalid"]);
      expect(json.message).toMatch(/metadata\.resourceVersion: .*must be specified for an update/);
    },
  );

  rule(53, "of Leases and Events, what is not there is made", async ({ leases, events }) => {
    const involvedObject = { kind: "Widget", name: "a", namespace: events.place.namespace };
    expect(await leases.put("a", leases.object("a"))).toMatchObject({ status: 201 });
    expect(await events.put("a", events.object("a", { involvedObject }))).toMatchObject({ status: 201 });
  });

  rule(53, "the name must be that of the URL", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const made = await objects.make("a");
      for (const wrong of [withMeta(made, { name: "b" }), without(objects.object("b"), "namespace")]) {
        expect(await objects.put("a", wrong)).toMatchObject({ status: 400, json: { reason: "BadRequest" } });
      }
    }
  });

  rule(53, "another uid is a conflict", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const made = await objects.make("a");
      const other = withMeta(made, { uid: "11111111-1111-4111-8111-111111111111" });
      expect(await objects.put("a", other)).toMatchObject({ status: 409, json: { reason: "Conflict" } });
    }
  });

  rule(53, "what the server gave is carried over, whatever a client says of it", async ({ widgets }) => {
    const made = await widgets.make("a");
    const { uid, creationTimestamp } = made.metadata;
    const bare = without(made, "uid", "creationTimestamp", "managedFields", "generation");
    const first = (await widgets.put("a", withMeta(bare, { labels: { step: "1" } }))).json;
    expect(first.metadata).toMatchObject({ uid, creationTimestamp, generation: 1 });
    const forged = {
      generation: 9,
      selfLink: "/x",
      deletionTimestamp: creationTimestamp,
      labels: { step: "2" },
    };
    const second = (await widgets.put("a", withMeta(first, forged))).json;
    expect(second.metadata).toMatchObject({ uid, creationTimestamp, generation: 1, labels: { step: "2" } });
    expect(second.metadata).not.toHaveProperty("selfLink");
    expect(second.metadata).not.toHaveProperty("deletionTimestamp");
  });

  rule(53, "what is not there is not made", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const answer = await objects.put("a", objects.object("a", {}, { resourceVersion: "1" }));
      expect(answer).toMatchObject({ status: 404, json: { reason: "NotFound" } });
      expect(await objects.get("a")).toMatchObject({ status: 404 });
    }
  });
});

describe("generation", () => {
  const generationOf = ({ metadata }: Json): number => metadata.generation as number;

  rule(54, "it counts changes of what should be", async ({ widgets }) => {
    await widgets.make("a");
    expect(generationOf(await widgets.merge("a", { spec: { size: 1 } }))).toBe(2);
    expect(generationOf(await widgets.merge("a", { spec: { size: 2, title: "A" } }))).toBe(3);
    const read = await widgets.read("a");
    expect(generationOf((await widgets.put("a", { ...read, spec: {} })).json)).toBe(4);
  });

  rule(
    54,
    "it does not count labels, annotations, finalizers, status, or what changes nothing",
    async ({ widgets }) => {
      await widgets.make("a", { spec: { size: 1 } });
      const finalizers = ["conformance.example.com/hold"];
      for (const metadata of [
        { labels: { a: "1" } },
        { annotations: { a: "1" } },
        { finalizers },
        { finalizers: null },
      ]) {
        expect(generationOf(await widgets.merge("a", { metadata }))).toBe(1);
      }
      expect(generationOf(await widgets.merge("a", { spec: { size: 1 } }))).toBe(1);
      expect(generationOf((await widgets.patch("a/status", { status: { phase: "Good" } })).json)).toBe(1);
    },
  );

  rule(54, "it counts the beginning of a deletion", async ({ widgets }) => {
    await widgets.make("a", {}, { finalizers: ["conformance.example.com/hold"] });
    expect(generationOf((await widgets.delete("a")).json)).toBe(2);
    await widgets.merge("a", { metadata: { finalizers: null } });
  });
});

/** Writes that say what is there already, and one event to see that they made none. */
async function expectNothing(objects: Collection, writes: (() => Promise<unknown>)[]): Promise<void> {
  const before = await objects.read("a");
  const { resourceVersion } = before.metadata;
  const watch = await objects.watch({ resourceVersion: resourceVersion as string });
  for (const write of writes) {
    await write();
    expect((await objects.read("a")).metadata.resourceVersion).toBe(resourceVersion);
  }
  await objects.make("z-marker");
  const [first] = await watch.first(1);
  expect(first!.object.metadata.name).toBe("z-marker");
  expect(await objects.read("a")).toEqual(before);
}

describe("what changes nothing", () => {
  rule(
    55,
    "a PUT of what is there writes nothing, and no watcher hears of it",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        const read = await objects.make("a", {}, { labels: { app: "web" } });
        await expectNothing(objects, [
          () => objects.put("a", read),
          () => objects.put("a", without(read, "managedFields", "uid", "creationTimestamp")),
        ]);
      }
    },
  );

  rule(55, "so does a patch", async ({ widgets }) => {
    await widgets.make("a", { spec: { title: "A" } }, { labels: { app: "web" } });
    await expectNothing(widgets, [
      () => widgets.patch("a", {}, MERGE),
      () => widgets.patch("a", { spec: { title: "A" } }, MERGE),
      () => widgets.patch("a", { metadata: { labels: { app: "web", other: null } } }, MERGE),
      () => widgets.patch("a", [{ op: "replace", path: "/spec/title", value: "A" }], JSON_PATCH),
      () => widgets.patch("a", [], JSON_PATCH),
    ]);
  });

  rule(55, "so does a status that is there already", async ({ widgets }) => {
    await widgets.make("a");
    await widgets.patch("a/status", { status: { phase: "Good" } });
    await expectNothing(widgets, [() => widgets.patch("a/status", { status: { phase: "Good" } })]);
  });

  rule(55, "so does an apply of what was applied", async ({ widgets }) => {
    const body = widgets.object("a", { spec: { title: "A" } });
    const again = () => widgets.patch("a", body, APPLY, { fieldManager: "me" });
    expect(await again()).toMatchObject({ status: 201 });
    await expectNothing(widgets, [again, again]);
  });
});

describe("revisions", () => {
  rule(56, "one counter numbers the writes of all kinds", async ({ widgets, configMaps, leases }) => {
    const revisions: number[] = [];
    for (const name of ["a", "b"]) {
      for (const objects of [widgets, configMaps, leases])
        revisions.push(revisionOf(await objects.make(name)));
    }
    revisions.push(revisionOf(await widgets.merge("a", { spec: { size: 1 } })));
    revisions.push(revisionOf(await configMaps.merge("a", { data: { x: "1" } })));
    expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
  });

  rule(56, "a list is of the newest write of any kind, or later", async ({ widgets, configMaps, leases }) => {
    await leases.make("a");
    await widgets.make("a");
    const newest = revisionOf(await configMaps.make("a"));
    for (const objects of [widgets, configMaps, leases]) {
      const { json } = await objects.get();
      expect(revisionOf(json)).toBeGreaterThanOrEqual(newest);
      for (const item of json.items as Json[])
        expect(revisionOf(json)).toBeGreaterThanOrEqual(revisionOf(item));
    }
  });

  rule(56, "they are numbers in text", async ({ widgets }) => {
    const { metadata } = await widgets.make("a");
    const list = (await widgets.get()).json.metadata;
    for (const { resourceVersion } of [metadata, list]) expect(resourceVersion).toMatch(/^[1-9]\d*$/);
  });

  rule(57, "what was written is read at once, by name and in lists", async ({ widgets }) => {
    for (let size = 0; size < 20; size++) {
      const name = `n${size}`;
      await widgets.make(name);
      await widgets.merge(name, { spec: { size } });
      expect((await widgets.read(name)).spec.size).toBe(size);
      expect((await widgets.names()).includes(name)).toBe(true);
    }
    await widgets.delete("n0");
    expect(await widgets.get("n0")).toMatchObject({ status: 404 });
    expect(await widgets.names()).not.toContain("n0");
  });

  rule(57, "every version of a kind shows it", async ({ widgets }) => {
    await widgets.make("a", { spec: { title: "A" } });
    const old = widgets.at({ root: `/apis/${GROUP}/v1beta1` });
    expect(await old.read("a")).toMatchObject({ apiVersion: `${GROUP}/v1beta1`, spec: { title: "A" } });
    await old.merge("a", { spec: { title: "B" } });
    expect(await widgets.read("a")).toMatchObject({ apiVersion: `${GROUP}/v1`, spec: { title: "B" } });
  });
});
