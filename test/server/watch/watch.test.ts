import { describe, expect } from "vitest";
import { CONFIG_MAPS, configMap, PROCESSES, localProcess, test, TestServer } from "../http/harness.ts";

const WATCH = `${CONFIG_MAPS}?watch=true`;
const MERGE = { "content-type": "application/merge-patch+json" };

const patch = (server: TestServer, name: string, body: object) =>
  server.ask(`${CONFIG_MAPS}/${name}`, { method: "PATCH", body, headers: MERGE });
const remove = (server: TestServer, name: string) =>
  server.ask(`${CONFIG_MAPS}/${name}`, { method: "DELETE" });
const revisionOf = async (server: TestServer) =>
  Number((await server.ask(CONFIG_MAPS)).json.metadata.resourceVersion);

describe("the stream", () => {
  test("rule 84: headers come at once, with nothing to send, and each line is one document", async ({
    server,
  }) => {
    const watch = await server.watch(`${WATCH}&pretty=true`, { "user-agent": "curl/8" });
    expect(watch.response.statusCode).toBe(200);
    expect(watch.response.headers["transfer-encoding"]).toBe("chunked");
    expect(watch.response.headers["content-type"]).toBe("application/json");
    await server.create("a", { text: "one\ntwo\u2028three" });
    const [line] = await watch.first(1);
    expect(line).toMatchObject({ type: "ADDED", object: { kind: "ConfigMap", metadata: { name: "a" } } });
    watch.stop();
  });

  test("rule 85: without a revision the present state comes first, sorted, then what happens", async ({
    server,
  }) => {
    await server.create("b");
    await server.create("a");
    for (const query of ["", "&resourceVersion=0", "&resourceVersion="]) {
      const watch = await server.watch(WATCH + query);
      await watch.first(2);
      expect(watch.names()).toEqual(["ADDED a", "ADDED b"]);
      watch.stop();
    }
    const watch = await server.watch(WATCH);
    await watch.first(2);
    await server.create("c");
    await patch(server, "a", { data: { x: "1" } });
    await remove(server, "b");
    await watch.first(5);
    expect(watch.names().slice(2)).toEqual(["ADDED c", "MODIFIED a", "DELETED b"]);
    watch.stop();
  });

  test("rule 85: from a revision come exactly the events after it, while writes go on", async ({
    server,
  }) => {
    await server.create("before");
    const from = await revisionOf(server);
    const names = Array.from({ length: 60 }, (_, index) => `n${index}`);
    for (const name of names.slice(0, 20)) await server.create(name);
    const writing = Promise.all(names.slice(20, 40).map((name) => server.create(name)));
    const watch = await server.watch(`${WATCH}&resourceVersion=${from}`);
    await writing;
    for (const name of names.slice(40)) await server.create(name);
    await watch.first(60);
    const revisions = watch.lines.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual(Array.from({ length: 60 }, (_, index) => from + 1 + index));
    expect(watch.names().toSorted()).toEqual(names.map((name) => `ADDED ${name}`).toSorted());
    watch.stop();
  });

  test("rule 86: DELETED carries the last state with the revision of the deletion", async ({ server }) => {
    await server.create("a", { x: "1" });
    const watch = await server.watch(WATCH);
    await watch.first(1);
    await remove(server, "a");
    const [added, deleted] = await watch.first(2);
    expect(deleted).toMatchObject({ type: "DELETED", object: { data: { x: "1" } } });
    expect(Number(deleted!.object.metadata.resourceVersion)).toBe(
      Number(added!.object.metadata.resourceVersion) + 1,
    );
    watch.stop();
  });

  test("a namespace, all namespaces, and one object are watched alike", async ({ server }) => {
    await server.ask("/api/v1/namespaces", {
      method: "POST",
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } },
    });
    const all = await server.watch("/api/v1/configmaps?watch=1");
    const mine = await server.watch(WATCH);
    const one = await server.watch(`${WATCH}&fieldSelector=metadata.name%3Db`);
    await server.create("a");
    await server.ask(CONFIG_MAPS.replace("default", "other"), { method: "POST", body: configMap("a") });
    await server.create("b");
    await all.first(3);
    await mine.first(2);
    await one.first(1);
    expect(all.lines.map(({ object }) => `${object.metadata.namespace}/${object.metadata.name}`)).toEqual([
      "default/a",
      "other/a",
      "default/b",
    ]);
    expect(mine.names()).toEqual(["ADDED a", "ADDED b"]);
    expect(one.names()).toEqual(["ADDED b"]);
    for (const watch of [all, mine, one]) watch.stop();
  });

  test("rule 98: `watch` on a named object is ignored", async ({ server }) => {
    await server.create("a");
    expect((await server.ask(`${CONFIG_MAPS}/a?watch=1`)).json).toMatchObject({ kind: "ConfigMap" });
  });
});

describe("selectors", () => {
  test("rule 88: entering is ADDED, leaving is DELETED as it last matched", async ({ server }) => {
    await server.create("a", { v: "1" }, { app: "web" });
    await server.create("never", {}, { app: "db" });
    const watch = await server.watch(`${WATCH}&labelSelector=app%3Dweb`);
    await watch.first(1);
    await patch(server, "a", { data: { v: "2" } });
    const left = await patch(server, "a", { data: { v: "3" }, metadata: { labels: { app: "db" } } });
    await patch(server, "a", { data: { v: "4" } });
    await patch(server, "never", { data: { v: "4" } });
    await patch(server, "a", { metadata: { labels: { app: "web" } } });
    await remove(server, "a");
    await remove(server, "never");
    await server.create("end", {}, { app: "web" });
    await watch.first(6);
    expect(watch.names()).toEqual([
      "ADDED a",
      "MODIFIED a",
      "DELETED a",
      "ADDED a",
      "DELETED a",
      "ADDED end",
    ]);
    expect(watch.lines[2]!.object).toMatchObject({
      data: { v: "2" },
      metadata: { labels: { app: "web" }, resourceVersion: left.json.metadata.resourceVersion },
    });
    watch.stop();
  });

  test("rule 88: the same from the past", async ({ server }) => {
    await server.create("a", {}, { app: "web" });
    const from = await revisionOf(server);
    await patch(server, "a", { metadata: { labels: { app: "db" } } });
    await patch(server, "a", { metadata: { labels: { app: "web" } } });
    const watch = await server.watch(`${WATCH}&resourceVersion=${from}&labelSelector=app%3Dweb`);
    await watch.first(2);
    expect(watch.names()).toEqual(["DELETED a", "ADDED a"]);
    watch.stop();
  });
});

describe("revisions that are not there", () => {
  test("rule 89: what is forgotten is an ERROR event with 410, and the end", async () => {
    const server = await TestServer.start({ maxHistory: 2 });
    for (const name of ["a", "b", "c", "d", "e"]) await server.create(name);
    await server.store.compact();
    const watch = await server.watch(`${WATCH}&resourceVersion=1`);
    await watch.ended;
    expect(watch.response.statusCode).toBe(200);
    expect(watch.lines).toMatchObject([
      { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } },
    ]);
    await server.stop();
  });

  test("rule 89: a revision of the future just waits", async ({ server }) => {
    const from = await revisionOf(server);
    const watch = await server.watch(`${WATCH}&resourceVersion=${from + 2}`);
    for (const name of ["a", "b", "c"]) await server.create(name);
    await watch.first(1);
    expect(watch.names()).toEqual(["ADDED c"]);
    watch.stop();
  });

  test("what is no revision is 400", async ({ server }) => {
    expect(await server.ask(`${WATCH}&resourceVersion=abc`)).toMatchObject({ status: 400 });
  });
});

describe("ends and bookmarks", () => {
  test("rule 90: timeoutSeconds ends it on time, cleanly", async ({ server }) => {
    const started = Date.now();
    const watch = await server.watch(`${WATCH}&timeoutSeconds=1`);
    await watch.ended;
    expect(watch.response.complete).toBe(true);
    expect(Date.now() - started).toBeGreaterThan(900);
    expect(Date.now() - started).toBeLessThan(2_000);
    expect(watch.lines).toEqual([]);
  });

  test("rule 90: the end of the server ends it cleanly", async () => {
    const server = await TestServer.start();
    const watch = await server.watch(WATCH);
    await server.create("a");
    await watch.first(1);
    const started = Date.now();
    await server.stop();
    await watch.ended;
    expect(watch.response.complete).toBe(true);
    expect(Date.now() - started).toBeLessThan(1_000);
  });

  test("rule 91: bookmarks cover what a selector hides, and come only when asked for", async () => {
    const server = await TestServer.start({ limits: { bookmarkIntervalMs: 50 } });
    const from = await revisionOf(server);
    const query = `${WATCH}&resourceVersion=${from}&labelSelector=app%3Dweb`;
    const watch = await server.watch(`${query}&allowWatchBookmarks=true`);
    const silent = await server.watch(query);
    await server.create("hidden");
    const [bookmark] = await watch.first(1);
    expect(bookmark).toEqual({
      type: "BOOKMARK",
      object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: String(from + 1) } },
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(watch.lines).toHaveLength(1); // nothing has happened since
    expect(silent.lines).toEqual([]);
    await server.stop();
  });

  test("rule 91: a last bookmark comes two seconds before the end", async ({ server }) => {
    const from = await revisionOf(server);
    const watch = await server.watch(
      `${WATCH}&resourceVersion=${from}&labelSelector=x&allowWatchBookmarks=1&timeoutSeconds=3`,
    );
    await server.create("hidden");
    await watch.ended;
    expect(watch.names()).toEqual(["BOOKMARK"]);
  });
});

describe("WatchList", () => {
  const LIST = `${WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
  const END = { "k8s.io/initial-events-end": "true" };

  test("rule 92: the present state, a bookmark that says so, then what happens", async ({ server }) => {
    await server.create("a");
    await server.create("b");
    const watch = await server.watch(LIST);
    await watch.first(3);
    await server.create("c");
    await watch.first(4);
    expect(watch.names()).toEqual(["ADDED a", "ADDED b", "BOOKMARK", "ADDED c"]);
    expect(watch.lines[2]!.object.metadata).toEqual({
      annotations: END,
      resourceVersion: watch.lines[1]!.object.metadata.resourceVersion,
    });
    watch.stop();
  });

  test("rule 92: the bookmark comes for an empty collection, and from a revision, too", async ({
    server,
  }) => {
    const revision = await revisionOf(server);
    for (const from of ["", `&resourceVersion=${revision}`, "&resourceVersion=0"]) {
      const watch = await server.watch(LIST + from);
      const [line] = await watch.first(1);
      expect(line).toMatchObject({
        type: "BOOKMARK",
        object: { metadata: { annotations: END, resourceVersion: String(revision) } },
      });
      watch.stop();
    }
  });

  test("rule 93: a watch without a revision that takes bookmarks gets it, too", async ({ server }) => {
    const watch = await server.watch(`${WATCH}&allowWatchBookmarks=true`);
    expect(await watch.first(1)).toMatchObject([
      { type: "BOOKMARK", object: { metadata: { annotations: END } } },
    ]);
    watch.stop();
  });

  test.for([
    "sendInitialEvents=true",
    "sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=1",
    "resourceVersionMatch=NotOlderThan",
    "sendInitialEvents=false",
  ])("rule 93: %s is 422", async (query, { server }) => {
    expect(await server.ask(`${WATCH}&${query}`)).toMatchObject({ status: 422, json: { reason: "Invalid" } });
  });

  test("rule 78: sendInitialEvents without watch is 422", async ({ server }) => {
    expect(await server.ask(`${CONFIG_MAPS}?sendInitialEvents=true`)).toMatchObject({ status: 422 });
  });

  test("rule 78: a revision of the future is 504 with the cause that clients look for", async ({
    server,
  }) => {
    expect(await server.ask(`${LIST}&resourceVersion=1000000`)).toMatchObject({
      status: 504,
      json: { details: { causes: [{ reason: "ResourceVersionTooLarge" }] } },
    });
  });
});

describe("other views", () => {
  const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };

  test("rule 94: a table has one row for each event, and its columns only once", async ({ server }) => {
    await server.ask(PROCESSES, { method: "POST", body: localProcess("a") });
    const watch = await server.watch(`${PROCESSES}?watch=1`, TABLE);
    await server.ask(PROCESSES, { method: "POST", body: localProcess("b") });
    await server.ask(PROCESSES, { method: "POST", body: localProcess("c") });
    const lines = await watch.first(3);
    expect(watch.response.headers["content-type"]).toContain("as=Table");
    expect(lines.map(({ object }) => object.rows[0].cells[0])).toEqual(["a", "b", "c"]);
    expect(lines.map(({ object }) => Boolean(object.columnDefinitions?.length))).toEqual([
      true,
      false,
      false,
    ]);
    expect(lines[1]).toMatchObject({
      object: { kind: "Table", rows: [{ object: { kind: "PartialObjectMetadata" } }] },
    });
    watch.stop();
  });

  test("rule 94: a bookmark counts as the first event of a table", async ({ server }) => {
    const watch = await server.watch(`${PROCESSES}?watch=1&allowWatchBookmarks=1`, TABLE);
    await watch.first(1);
    await server.ask(PROCESSES, { method: "POST", body: localProcess("b") });
    const [bookmark, added] = await watch.first(2);
    expect(bookmark).toMatchObject({ type: "BOOKMARK", object: { kind: "Table" } });
    expect(bookmark!.object.rows[0].object.metadata.resourceVersion).toMatch(/^\d+$/);
    expect(bookmark!.object.columnDefinitions[0].name).toBe("Name");
    expect(added!.object.columnDefinitions).toBeNull();
    watch.stop();
  });

  test("rule 94: metadata alone", async ({ server }) => {
    await server.create("a", { secret: "x" });
    const watch = await server.watch(WATCH, {
      accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
    });
    const [line] = await watch.first(1);
    expect(line!.object).toMatchObject({ kind: "PartialObjectMetadata", metadata: { name: "a" } });
    expect(line!.object.data).toBeUndefined();
    watch.stop();
  });

  test("rule 35: a watch in YAML is 406", async ({ server }) => {
    expect(await server.ask(WATCH, { headers: { accept: "application/yaml" } })).toMatchObject({
      status: 406,
    });
  });
});
