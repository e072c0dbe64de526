import { assert, constantFrom, integer as anyInteger, option, property, record, string } from "fast-check";
import { describe, expect, test as plain } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import { EventsEvent } from "../../../apis/views/index.ts";
import { bytes, envelope, integer, message, TYPE } from "../../helpers/protobuf.ts";
import { test, type Answer, type TestServer } from "../http/harness.ts";

const CORE = "/api/v1/namespaces/default/events";
const EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events";
const NOW = "2026-01-02T03:04:05.123456Z";
const LATER = "2026-01-02T03:09:00.000000Z";
const STRATEGIC = { "content-type": "application/strategic-merge-patch+json" };
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

const regarding = { kind: "LocalProcess", namespace: "default", name: "web", uid: "1-2-3" };

/** As client-go's newer recorder writes it. */
const newer = (name: string, fields: object = {}) => ({
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name },
  eventTime: NOW,
  reportingController: "example.com/controller",
  reportingInstance: "controller-1",
  action: "Start",
  reason: "Started",
  regarding,
  note: "it runs",
  type: "Normal",
  // Go writes what is empty, too.
  deprecatedSource: {},
  deprecatedFirstTimestamp: null,
  deprecatedLastTimestamp: null,
  ...fields,
});

/** As client-go's older recorder writes it. */
const older = (name: string, fields: object = {}) => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name },
  involvedObject: regarding,
  reason: "Crashed",
  message: "it crashed",
  source: { component: "kubelet", host: "here" },
  firstTimestamp: "2026-01-02T03:04:05Z",
  lastTimestamp: "2026-01-02T03:04:06Z",
  count: 2,
  type: "Warning",
  eventTime: null,
  reportingComponent: "kubelet",
  reportingInstance: "",
  ...fields,
});

const post = (server: TestServer, path: string, body: unknown) => server.ask(path, { method: "POST", body });
const namesIn = ({ json }: Answer): string[] =>
  (json.items as KubeObject[]).map(({ metadata }) => metadata.name);
const causesIn = ({ status, json }: Answer): [number, string[]] => [
  status,
  (json.details?.causes ?? []).map(({ field }: { field: string }) => field),
];

describe("rule 107: events of two versions are the same events", () => {
  test("what is written as events.k8s.io/v1 is read as v1, every field", async ({ server }) => {
    const related = { kind: "FileWatch", namespace: "default", name: "src" };
    const series = { count: 2, lastObservedTime: LATER };
    const created = await post(server, EVENTS, newer("a", { related, series }));
    expect(created).toMatchObject({ status: 201, json: { apiVersion: "events.k8s.io/v1", note: "it runs" } });
    const { json } = await server.ask(`${CORE}/a`);
    expect(json).toEqual({
      apiVersion: "v1",
      kind: "Event",
      metadata: created.json.metadata,
      involvedObject: regarding,
      message: "it runs",
      reportingComponent: "example.com/controller",
      reportingInstance: "controller-1",
      source: {},
      action: "Start",
      reason: "Started",
      type: "Normal",
      eventTime: NOW,
      related,
      series,
    });
  });

  test("what is written as v1 is read as events.k8s.io/v1, every field", async ({ server }) => {
    const created = await post(server, CORE, older("a"));
    expect(created.status).toBe(201);
    const { json } = await server.ask(`${EVENTS}/a`);
    expect(json).toEqual({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: created.json.metadata,
      regarding,
      note: "it crashed",
      reason: "Crashed",
      type: "Warning",
      reportingController: "kubelet",
      reportingInstance: "",
      deprecatedSource: { component: "kubelet", host: "here" },
      deprecatedFirstTimestamp: "2026-01-02T03:04:05Z",
      deprecatedLastTimestamp: "2026-01-02T03:04:06Z",
      deprecatedCount: 2,
    });
  });

  plain("whatever is stored comes back from either version as it was", () => {
    const text = () => option(string(), { nil: undefined });
    const reference = record({ kind: text(), name: text() }, { requiredKeys: [] });
    const event = record(
      {
        involvedObject: reference,
        message: string(),
        source: record({ component: text() }),
        count: anyInteger(),
        firstTimestamp: constantFrom("2026-01-02T03:04:05Z"),
        lastTimestamp: constantFrom("2026-01-02T03:04:05Z"),
        reportingComponent: string(),
        related: reference,
        reason: string(),
        action: string(),
      },
      { requiredKeys: ["involvedObject"] },
    );
    const view = EventsEvent.view!;
    assert(
      property(event, (fields) => {
        const stored = { apiVersion: "v1", kind: "Event", metadata: { name: "a" }, ...fields };
        const shown = view.read(stored);
        expect(view.write!(shown, stored)).toEqual(stored);
        expect(view.read(view.write!(shown, stored))).toEqual(shown);
      }),
    );
  });

  test("a list and a watch of one version tell what is written in the other", async ({ server }) => {
    const watch = await server.watch(`${EVENTS}?watch=true&fieldSelector=regarding.name=web`);
    await post(server, CORE, older("a"));
    await post(server, CORE, older("other", { involvedObject: { ...regarding, name: "db" } }));
    await post(server, EVENTS, newer("b"));
    const [first, second] = await watch.first(2);
    watch.stop();
    expect(first).toMatchObject({ type: "ADDED", object: { note: "it crashed", metadata: { name: "a" } } });
    expect(second).toMatchObject({ object: { apiVersion: "events.k8s.io/v1", metadata: { name: "b" } } });
    const everywhere = await server.ask("/apis/events.k8s.io/v1/events");
    expect(everywhere.json).toMatchObject({ kind: "EventList", apiVersion: "events.k8s.io/v1" });
    expect(namesIn(everywhere)).toEqual(namesIn(await server.ask("/api/v1/events")));
  });

  test("deleting in one version deletes", async ({ server }) => {
    await post(server, CORE, older("a"));
    expect(await server.ask(`${EVENTS}/a`, { method: "DELETE" })).toMatchObject({ status: 200 });
    expect((await server.ask(`${CORE}/a`)).status).toBe(404);
  });

  test("each version selects by its own names of fields (rule 82)", async ({ server }) => {
    await post(server, CORE, older("a"));
    await post(server, EVENTS, newer("b"));
    const list = async (path: string, selector: string) =>
      namesIn(await server.ask(`${path}?fieldSelector=${selector}`));
    expect(await list(EVENTS, "regarding.kind=LocalProcess,regarding.uid=1-2-3")).toEqual(["a", "b"]);
    expect(await list(EVENTS, "type=Warning")).toEqual(["a"]);
    expect(await list(EVENTS, "reportingController=kubelet")).toEqual(["a"]);
    expect(await list(EVENTS, "reason!=Crashed,regarding.namespace=default")).toEqual(["b"]);
    expect(await list(CORE, "involvedObject.name=web,reason=Started")).toEqual(["b"]);
    // Newer events have no source: who reports them stands in.
    expect(await list(CORE, "source=example.com/controller")).toEqual(["b"]);
    expect(await list(CORE, "source=kubelet")).toEqual(["a"]);
    for (const [path, field] of [
      [EVENTS, "involvedObject.name"],
      [CORE, "regarding.name"],
    ]) {
      expect(await server.ask(`${path}?fieldSelector=${field}=web`)).toMatchObject({
        status: 400,
        json: { message: `field label not supported: ${field}` },
      });
    }
  });

  test("both versions print the same table", async ({ server }) => {
    await post(server, CORE, older("a", { involvedObject: { ...regarding, fieldPath: "spec" } }));
    await post(server, EVENTS, newer("b", { series: { count: 7, lastObservedTime: LATER } }));
    const [core, events] = await Promise.all(
      [CORE, EVENTS].map((path) => server.ask(path, { headers: TABLE })),
    );
    const cellsOf = ({ json }: Answer) => json.rows.map(({ cells }: { cells: unknown[] }) => cells.slice(1));
    expect(core!.json.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      "Last Seen",
      "Type",
      "Reason",
      "Object",
      "Subobject",
      "Source",
      "Message",
      "First Seen",
      "Count",
      "Name",
    ]);
    expect(events!.json.columnDefinitions).toEqual(core!.json.columnDefinitions);
    expect(cellsOf(events!)).toEqual(cellsOf(core!));
    expect(cellsOf(core!)).toMatchObject([
      [
        "Warning",
        "Crashed",
        "localprocess/web",
        "spec",
        "kubelet, here",
        "it crashed",
        expect.any(String),
        2,
        "a",
      ],
      [
        "Normal",
        "Started",
        "localprocess/web",
        null,
        "example.com/controller, controller-1",
        "it runs",
        expect.any(String),
        7,
        "b",
      ],
    ]);
  });

  test("a recorder bumps the series by a strategic merge patch, in either version", async ({ server }) => {
    await post(server, EVENTS, newer("a"));
    const series = { count: 2, lastObservedTime: LATER };
    const body = { series };
    const patched = await server.ask(`${EVENTS}/a`, { method: "PATCH", headers: STRATEGIC, body });
    expect(patched).toMatchObject({ status: 200, json: { series, note: "it runs" } });
    expect((await server.ask(`${CORE}/a`)).json.series).toEqual(series);
    await post(server, CORE, older("b"));
    const counted = { count: 3, lastTimestamp: "2026-01-02T03:05:00Z" };
    await server.ask(`${CORE}/b`, { method: "PATCH", headers: STRATEGIC, body: counted });
    expect((await server.ask(`${EVENTS}/b`)).json).toMatchObject({
      deprecatedCount: 3,
      deprecatedLastTimestamp: "2026-01-02T03:05:00Z",
    });
  });

  test("rule 68: who owns a field says in which version", async ({ server }) => {
    await post(server, EVENTS, newer("a"));
    const body = { message: "it runs again" };
    const headers = { ...STRATEGIC, "user-agent": "recorder/1" };
    await server.ask(`${CORE}/a`, { method: "PATCH", headers, body });
    const { json } = await server.ask(`${EVENTS}/a`);
    expect(json).toMatchObject({ note: "it runs again" });
    const entries = json.metadata.managedFields as { apiVersion: string; fieldsV1: object }[];
    expect(entries.map(({ apiVersion }) => apiVersion).toSorted()).toEqual(["events.k8s.io/v1", "v1"]);
    const [own] = entries.filter(({ apiVersion }) => apiVersion === "v1");
    expect(own).toMatchObject({ manager: "recorder", fieldsV1: { "f:message": {} } });
  });

  test("rule 66: a newer event can be applied", async ({ server }) => {
    const headers = { "content-type": "application/apply-patch+yaml" };
    const apply = (fields: object) =>
      server.ask(`${EVENTS}/a?fieldManager=me`, { method: "PATCH", headers, body: newer("a", fields) });
    expect((await apply({})).status).toBe(201);
    const series = { count: 2, lastObservedTime: LATER };
    expect(await apply({ series })).toMatchObject({ status: 200, json: { series } });
    expect((await server.ask(`${CORE}/a`)).json).toMatchObject({ message: "it runs", series });
    const stale = await apply({ note: "another" });
    expect(causesIn(stale)).toEqual([422, ["note"]]);
  });

  test("rule 36: a newer event comes in protobuf", async ({ server }) => {
    const body = envelope(
      "events.k8s.io/v1",
      "Event",
      message(1, bytes(1, "p")),
      message(2, integer(1, 1_767_323_045), integer(2, 123_456_000)),
      bytes(4, "example.com/controller"),
      bytes(5, "controller-1"),
      bytes(6, "Start"),
      bytes(7, "Started"),
      message(8, bytes(1, "LocalProcess"), bytes(2, "default"), bytes(3, "web")),
      bytes(10, "it runs"),
      bytes(11, "Normal"),
      message(12, bytes(1, ""), bytes(2, "")),
      message(13),
      message(14),
      integer(15, 0),
    );
    const headers = { "content-type": TYPE, accept: `${TYPE},application/json` };
    const answer = await server.ask(EVENTS, { method: "POST", headers, body });
    expect(answer).toMatchObject({ status: 201, json: { note: "it runs", eventTime: NOW } });
    expect((await server.ask(`${CORE}/p`)).json).toMatchObject({ message: "it runs", eventTime: NOW });
  });
});

describe("what is no event is refused", () => {
  test("a newer event is complete, and has nothing of the older kind", async ({ server }) => {
    const bare = { apiVersion: "events.k8s.io/v1", kind: "Event", metadata: { name: "a" }, regarding };
    expect(causesIn(await post(server, EVENTS, bare))).toEqual([422, ["eventTime", "type"]]);
    const timed = { ...bare, eventTime: NOW, type: "Normal" };
    expect(causesIn(await post(server, EVENTS, timed))).toEqual([
      422,
      ["reportingController", "reportingInstance", "action", "reason"],
    ]);
    const wrong: [object, string][] = [
      [{ type: "Odd" }, "type"],
      [{ reportingController: "a/b/c" }, "reportingController"],
      [{ reportingInstance: "x".repeat(129) }, "reportingInstance"],
      [{ action: "x".repeat(129) }, "action"],
      [{ reason: "x".repeat(129) }, "reason"],
      [{ note: "x".repeat(1025) }, "note"],
      [{ series: { count: 1, lastObservedTime: LATER } }, "series.count"],
      [{ series: { count: 2 } }, "series.lastObservedTime"],
      [{ deprecatedCount: 1 }, "deprecatedCount"],
      [{ deprecatedSource: { component: "x" } }, "deprecatedSource"],
      [{ deprecatedFirstTimestamp: "2026-01-02T03:04:05Z" }, "deprecatedFirstTimestamp"],
      [{ deprecatedLastTimestamp: "2026-01-02T03:04:05Z" }, "deprecatedLastTimestamp"],
    ];
    for (const [fields, field] of wrong) {
      expect(causesIn(await post(server, EVENTS, newer("a", fields)))).toEqual([422, [field]]);
    }
    expect((await post(server, EVENTS, older("a"))).status).toBe(400);
  });

  test("only the series and the metadata of a newer event go on", async ({ server }) => {
    await post(server, EVENTS, newer("a"));
    const patch = (body: object) => server.ask(`${EVENTS}/a`, { method: "PATCH", headers: STRATEGIC, body });
    const fixed = {
      note: "x",
      reason: "x",
      action: "x",
      type: "Warning",
      eventTime: LATER,
      regarding: { name: "db" },
      related: { name: "db" },
      reportingController: "x",
      reportingInstance: "x",
      deprecatedCount: 3,
      deprecatedSource: { host: "x" },
    };
    for (const [field, value] of Object.entries(fixed)) {
      expect(causesIn(await patch({ [field]: value }))).toEqual([422, [field]]);
    }
    expect((await patch({ eventTime: "2026-01-02T04:04:05.123456+01:00" })).status).toBe(200);
    expect((await patch({ metadata: { labels: { a: "b" } } })).status).toBe(200);
    expect(causesIn(await patch({ series: { count: 1 } }))).toEqual([
      422,
      ["series.count", "series.lastObservedTime"],
    ]);
  });

  test("an older event needs little, and more when it tells microseconds", async ({ server }) => {
    const bare = { apiVersion: "v1", kind: "Event", metadata: { name: "a" }, involvedObject: regarding };
    expect((await post(server, CORE, bare)).status).toBe(201);
    const timed = { ...bare, metadata: { name: "b" }, eventTime: NOW };
    expect(causesIn(await post(server, CORE, timed))).toEqual([
      422,
      ["reportingComponent", "reportingInstance", "action", "reason"],
    ]);
  });

  test("an event lives in the namespace of what it is about", async ({ server }) => {
    await post(server, "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "other" },
    });
    const other = (path: string) => path.replace("default", "other");
    expect(causesIn(await post(server, other(CORE), older("a")))).toEqual([
      422,
      ["involvedObject.namespace"],
    ]);
    const clusterScoped = { kind: "Namespace", name: "other" };
    expect((await post(server, CORE, older("a", { involvedObject: clusterScoped }))).status).toBe(201);
    expect(causesIn(await post(server, other(EVENTS), newer("a", { regarding: clusterScoped })))).toEqual([
      422,
      ["regarding.namespace"],
    ]);
  });
});
