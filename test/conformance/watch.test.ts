import { describe, expect } from "vitest";
import type { Json } from "./client.ts";
import type { Collection } from "./collection.ts";
import { mistake, rule } from "./suite.ts";
import { namesOf, type WatchEvent } from "./watch.ts";
import { GROUP } from "./widgets.ts";

const revisionsOf = (events: readonly WatchEvent[]): number[] =>
  events.map(({ object }) => Number(object.metadata.resourceVersion));

const HOLD = { finalizers: ["conformance.example.com/hold"] };

/** The events up to the object `end`, which is made for it. */
async function untilEnd(objects: Collection, query: object, labels: object = {}): Promise<WatchEvent[]> {
  const watch = await objects.watch({ ...query });
  await objects.make("end", {}, { labels });
  return (await watch.untilNamed("end")).slice(0, -1);
}

describe("the stream", () => {
  rule(84, "headers come at once, with nothing to send", async ({ widgets }) => {
    for (const watch of ["true", "1"]) {
      const { response } = await widgets.watch({ watch });
      expect(response.statusCode).toBe(200);
      expect(response.headers["transfer-encoding"]).toBe("chunked");
      expect(response.headers["content-type"]).toMatch(/^application\/json/);
    }
  });

  rule(84, "each line is one document, never pretty", async ({ widgets }) => {
    const asked = { headers: { "user-agent": "curl/8" } };
    const watch = await widgets.watch({ pretty: true }, asked);
    await widgets.make("a", { spec: { title: "one\ntwo\u2028three" } });
    await widgets.make("b");
    await widgets.delete("b");
    const events = await watch.first(3);
    expect(watch.lines).toHaveLength(3);
    for (const event of events) expect(Object.keys(event).toSorted()).toEqual(["object", "type"]);
    expect(events[0]!.object.spec.title).toBe("one\ntwo\u2028three");
  });

  rule(84, "one object is watched by its name", async ({ widgets }) => {
    const watch = await widgets.watch({ fieldSelector: "metadata.name=b" });
    await widgets.make("a");
    await widgets.make("b");
    expect(namesOf(await watch.first(1))).toEqual(["ADDED b"]);
  });

  rule(85, "without a revision the present comes first, then what happens", async ({ widgets }) => {
    await widgets.make("a");
    await widgets.make("b");
    for (const query of [{}, { resourceVersion: "0" }, { resourceVersion: "" }]) {
      const watch = await widgets.watch(query);
      expect(namesOf(await watch.first(2)).toSorted()).toEqual(["ADDED a", "ADDED b"]);
      const name = `c${Object.values(query).join("")}x`;
      await widgets.make(name);
      await widgets.merge("a", { spec: { size: Math.floor(Math.random() * 1e6) } });
      await widgets.delete(name);
      const events = await watch.first(5);
      expect(namesOf(events).slice(2)).toEqual([`ADDED ${name}`, "MODIFIED a", `DELETED ${name}`]);
    }
  });

  rule(85, "from a revision come exactly the events after it, in order", async ({ widgets }) => {
    await widgets.make("before");
    const resourceVersion = await widgets.revision();
    await widgets.make("a");
    await widgets.merge("a", { spec: { size: 1 } });
    await widgets.delete("before");
    await widgets.delete("a");
    expect(namesOf(await untilEnd(widgets, { resourceVersion }))).toEqual([
      "ADDED a",
      "MODIFIED a",
      "DELETED before",
      "DELETED a",
    ]);
  });

  rule(85, "none is lost and none comes twice while many write", async ({ widgets }) => {
    const resourceVersion = await widgets.revision();
    const names = Array.from({ length: 60 }, (_, i) => `n${i}`);
    for (const name of names.slice(0, 20)) await widgets.make(name);
    const writing = Promise.all(names.slice(20, 40).map((name) => widgets.make(name)));
    const watch = await widgets.watch({ resourceVersion });
    await writing;
    for (const name of names.slice(40)) await widgets.make(name);
    const events = await watch.first(60);
    expect(namesOf(events).toSorted()).toEqual(names.map((name) => `ADDED ${name}`).toSorted());
    expect(revisionsOf(events)).toEqual(revisionsOf(events).toSorted((a, b) => a - b));
    await widgets.make("end");
    expect(namesOf(await watch.first(61)).at(-1)).toBe("ADDED end");
  });

  mistake(
    6,
    "a watch from the revision of a list joins it without a gap, across kinds",
    async ({ widgets, leases }) => {
      await widgets.make("a");
      await leases.make("other-kind");
      const { json } = await widgets.get();
      await leases.make("other-kind-again");
      await widgets.make("b");
      expect((json.items as Json[]).map(({ metadata }) => metadata.name as string)).toEqual(["a"]);
      const { resourceVersion } = json.metadata as { resourceVersion: string };
      expect(namesOf(await untilEnd(widgets, { resourceVersion }))).toEqual(["ADDED b"]);
    },
  );
});

describe("revisions", () => {
  rule(86, "they only grow, and are those of the writes", async ({ widgets }) => {
    const resourceVersion = await widgets.revision();
    const writes = [
      await widgets.make("a"),
      await widgets.make("b"),
      await widgets.merge("a", { spec: { size: 1 } }),
    ];
    const events = await untilEnd(widgets, { resourceVersion });
    expect(events.map(({ object }) => object)).toEqual(writes);
    const revisions = revisionsOf(events);
    expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
  });

  rule(
    86,
    "DELETED carries the last state, with the revision of the deletion",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        const made = await objects.make("a", {}, { labels: { app: "web" } });
        const watch = await objects.watch({ resourceVersion: made.metadata.resourceVersion as string });
        await objects.delete("a");
        const [deleted] = await watch.first(1);
        expect(deleted).toMatchObject({ type: "DELETED", object: { metadata: { labels: { app: "web" } } } });
        const revision = Number(deleted!.object.metadata.resourceVersion);
        expect(revision).toBeGreaterThan(Number(made.metadata.resourceVersion));
        const again = await objects.make("a");
        expect(Number(again.metadata.resourceVersion)).toBeGreaterThan(revision);
      }
    },
  );

  rule(
    87,
    "an object with finalizers is MODIFIED when its deletion begins, and DELETED at its end",
    async ({ widgets }) => {
      const made = await widgets.make("a", {}, HOLD);
      const watch = await widgets.watch({ resourceVersion: made.metadata.resourceVersion as string });
      await widgets.delete("a");
      await widgets.merge("a", { metadata: { finalizers: null } });
      const events = await watch.until((all) => all.at(-1)?.type === "DELETED");
      expect(events[0]).toMatchObject({ type: "MODIFIED", object: { metadata: HOLD } });
      expect(events[0]!.object.metadata.deletionTimestamp).toMatch(/Z$/);
      expect(events.slice(1, -1).map(({ type }) => type)).toEqual(events.slice(1, -1).map(() => "MODIFIED"));
    },
  );

  rule(87, "a write of the status is MODIFIED", async ({ widgets }) => {
    const made = await widgets.make("a");
    const watch = await widgets.watch({ resourceVersion: made.metadata.resourceVersion as string });
    await widgets.patch("a/status", { status: { phase: "Good" } });
    expect(await watch.first(1)).toMatchObject([{ type: "MODIFIED", object: { status: { phase: "Good" } } }]);
  });
});

/** What happens to objects that enter, change within, leave, and were never in what is selected. */
async function comeAndGo(widgets: Collection, enter: object, leave: object): Promise<Json> {
  await widgets.merge("a", { spec: { size: 2 } });
  const left = await widgets.merge("a", { spec: { size: 3 }, ...leave });
  await widgets.merge("a", { spec: { size: 4 } });
  await widgets.merge("never", { spec: { size: 4 } });
  await widgets.merge("a", enter);
  await widgets.delete("a");
  await widgets.delete("never");
  return left;
}

const SEEN = ["MODIFIED a", "DELETED a", "ADDED a", "DELETED a", "ADDED end"];

describe("selectors", () => {
  const labelled = (app: string) => ({ metadata: { labels: { app } } });

  rule(88, "entering by a label is ADDED, leaving is DELETED, staying is MODIFIED", async ({ widgets }) => {
    await widgets.make("a", { spec: { size: 1 } }, labelled("web").metadata);
    await widgets.make("never", {}, labelled("db").metadata);
    const watch = await widgets.watch({ labelSelector: "app=web" });
    expect(namesOf(await watch.first(1))).toEqual(["ADDED a"]);
    await comeAndGo(widgets, labelled("web"), labelled("db"));
    await widgets.make("end", {}, labelled("web").metadata);
    expect(namesOf(await watch.first(6)).slice(1)).toEqual(SEEN);
  });

  rule(88, "what left is shown as it last matched, with the revision of the write", async ({ widgets }) => {
    await widgets.make("a", { spec: { size: 1 } }, labelled("web").metadata);
    await widgets.make("never", {}, labelled("db").metadata);
    const watch = await widgets.watch({ labelSelector: "app=web" });
    await watch.first(1);
    const left = await comeAndGo(widgets, labelled("web"), labelled("db"));
    const deleted = (await watch.first(3))[2]!;
    expect(deleted).toMatchObject({
      type: "DELETED",
      object: { spec: { size: 2 }, metadata: { labels: { app: "web" } } },
    });
    expect(deleted.object.metadata.resourceVersion).toBe(left.metadata.resourceVersion);
  });

  rule(88, "it is the same from the past", async ({ widgets }) => {
    await widgets.make("a", { spec: { size: 1 } }, labelled("web").metadata);
    await widgets.make("never", {}, labelled("db").metadata);
    const resourceVersion = await widgets.revision();
    await comeAndGo(widgets, labelled("web"), labelled("db"));
    const query = { resourceVersion, labelSelector: "app=web" };
    const events = await untilEnd(widgets, query, { app: "web" });
    expect(namesOf(events)).toEqual(SEEN.slice(0, -1));
  });

  rule(88, "it is the same for fields", async ({ widgets }) => {
    const mode = (name: string) => ({ spec: { mode: name } });
    await widgets.make("a", mode("fancy"));
    await widgets.make("never", mode("plain"));
    const watch = await widgets.watch({ fieldSelector: "spec.mode=fancy" });
    expect(namesOf(await watch.first(1))).toEqual(["ADDED a"]);
    await comeAndGo(widgets, mode("fancy"), mode("plain"));
    await widgets.make("end", mode("fancy"));
    expect(namesOf(await watch.first(6)).slice(1)).toEqual(SEEN);
  });

  rule(88, "a selector that is none is 400", async ({ widgets }) => {
    for (const query of [{ labelSelector: "a=(" }, { fieldSelector: "spec.title=x" }]) {
      expect(await widgets.get("", { watch: true, ...query })).toMatchObject({ status: 400 });
    }
  });
});

describe("forms", () => {
  const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

  rule(94, "each event is a table of one row, and only the first says the columns", async ({ widgets }) => {
    const watch = await widgets.watch({}, { headers: { accept: TABLE } });
    await widgets.make("a", { spec: { size: 3 } });
    await widgets.merge("a", { spec: { size: 4 } });
    await widgets.delete("a");
    const events = await watch.first(3);
    expect(events.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    for (const { object } of events)
      expect(object).toMatchObject({ kind: "Table", rows: [{ cells: expect.any(Array) }] });
    expect(events.map(({ object }) => object.rows[0].cells.slice(0, 3) as unknown)).toEqual([
      ["a", null, 3],
      ["a", null, 4],
      ["a", null, 4],
    ]);
    const columns = events.map(({ object }) => ((object.columnDefinitions ?? []) as Json[]).length);
    expect(columns).toEqual([5, 0, 0]);
  });

  rule(94, "a bookmark may be the first, and then it says the columns", async ({ widgets }) => {
    const query = {
      sendInitialEvents: true,
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: true,
    };
    const watch = await widgets.watch(query, { headers: { accept: TABLE } });
    await watch.first(1);
    await widgets.make("a");
    const [bookmark, added] = await watch.first(2);
    expect([bookmark!.type, added!.type]).toEqual(["BOOKMARK", "ADDED"]);
    expect(bookmark!.object.columnDefinitions).toHaveLength(5);
    expect(added!.object.columnDefinitions ?? []).toEqual([]);
  });

  rule(94, "only the metadata", async ({ widgets }) => {
    const accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    const watch = await widgets.watch({}, { headers: { accept } });
    await widgets.make("a", { spec: { size: 3 } });
    const [added] = await watch.first(1);
    expect(added!.object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "a" } });
    expect(added!.object).not.toHaveProperty("spec");
  });
});

describe("other ways to ask", () => {
  rule(98, "`watch` on a named object is passed over for a custom type", async ({ widgets }) => {
    await widgets.make("a");
    expect(await widgets.get("a", { watch: true })).toMatchObject({ status: 200, json: { kind: "Widget" } });
  });

  rule(98, "the watch paths of old work, or are not there", async ({ api, widgets }) => {
    await widgets.make("a");
    const path = `/apis/${GROUP}/v1/watch/namespaces/${widgets.place.namespace ?? ""}/widgets`;
    const watch = await api.watch(path);
    expect([200, 404]).toContain(watch.response.statusCode);
    if (watch.response.statusCode === 200) expect(namesOf(await watch.first(1))).toEqual(["ADDED a"]);
  });
});
