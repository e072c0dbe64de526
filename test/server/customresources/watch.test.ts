import { describe, expect } from "vitest";
import { test, type TestServer } from "../http/harness.ts";
import { version, widget, widgets } from "./fixture.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DEFINITION = `${DEFINITIONS}/widgets.example.com`;
const collection = (name: string) => `/apis/example.com/${name}/namespaces/default/widgets`;
const WATCH = `${collection("v1")}?watch=true`;
const MERGE = { "content-type": "application/merge-patch+json" };
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

const define = (server: TestServer, definition: object = widgets({ color: { type: "string" } })) =>
  server.ask(DEFINITIONS, { method: "POST", body: definition });
const redefine = async (server: TestServer, body: object, path = DEFINITION) => {
  const answer = await server.ask(path, { method: "PATCH", headers: MERGE, body });
  expect([answer.status, answer.text]).toEqual([200, expect.anything()]);
  return answer.json;
};
const create = (server: TestServer, name: string, spec: object = {}) =>
  server.ask(collection("v1"), { method: "POST", body: { ...widget(spec), metadata: { name } } });

const v1 = version({ name: "v1", storage: false });
const v2 = version({ name: "v2" });
const column = (name: string) => ({ name, type: "string", jsonPath: ".spec.color" });

describe("when a definition changes", () => {
  test("rule 90: its watches end cleanly, and the next ones show the version that was asked for", async ({
    server,
  }) => {
    await define(server);
    await create(server, "before");
    const first = await server.watch(WATCH);
    await first.first(1);
    await redefine(server, { spec: { versions: [v1, v2] } });
    await first.ended;
    expect([first.response.complete, first.names()]).toEqual([true, ["ADDED before"]]);
    const again = await server.watch(WATCH);
    await create(server, "after");
    await again.first(2);
    expect(again.lines.map(({ object }) => object.apiVersion)).toEqual(["example.com/v1", "example.com/v1"]);
    again.stop();
  });

  test("a version that is no longer served is neither listed nor watched", async ({ server }) => {
    await define(server);
    await create(server, "a");
    const watch = await server.watch(WATCH);
    await redefine(server, { spec: { versions: [{ ...v1, served: false }, v2] } });
    await watch.ended;
    expect(watch.response.complete).toBe(true);
    for (const path of [WATCH, collection("v1")]) expect((await server.ask(path)).status).toBe(404);
  });

  test("rule 86: everything that happened until then is told, and nothing else", async ({ server }) => {
    await define(server);
    const watch = await server.watch(WATCH);
    const names = Array.from({ length: 30 }, (_, i) => `n${i}`);
    const created = Promise.all(names.map((name) => create(server, name)));
    const redefined = redefine(server, { spec: { versions: [v1, v2] } });
    const [answers, { metadata }] = await Promise.all([created, redefined]);
    await watch.ended;
    const revision = Number(metadata.resourceVersion);
    const before = answers.filter(({ json }) => Number(json.metadata.resourceVersion) < revision);
    expect(watch.names().toSorted()).toEqual(
      before.map(({ json }) => `ADDED ${json.metadata.name}`).toSorted(),
    );
  });

  test("rule 89: who goes on from before it is told to list again", async ({ server }) => {
    await define(server);
    await create(server, "a");
    const revision = (await server.ask(collection("v1"))).json.metadata.resourceVersion;
    await redefine(server, { spec: { versions: [v1, v2] } });
    const watch = await server.watch(`${WATCH}&resourceVersion=${revision}`);
    await watch.ended;
    expect(watch.lines).toMatchObject([{ type: "ERROR", object: { code: 410, reason: "Expired" } }]);
    const now = (await server.ask(collection("v1"))).json.metadata.resourceVersion;
    const next = await server.watch(`${WATCH}&resourceVersion=${now}`);
    await create(server, "b");
    await next.first(1);
    expect(next.names()).toEqual(["ADDED b"]);
    next.stop();
  });

  test("rule 94: a table has the columns of now, and no row of another one's", async ({ server }) => {
    await define(
      server,
      widgets({ color: { type: "string" } }, { additionalPrinterColumns: [column("Old")] }),
    );
    const old = await server.watch(WATCH, TABLE);
    await create(server, "a", { color: "red" });
    await old.first(1);
    const columns = [column("New"), { ...column("Again"), name: "Again" }];
    const [only] = widgets({ color: { type: "string" } }, { additionalPrinterColumns: columns }).spec
      .versions;
    await redefine(server, { spec: { versions: [only] } });
    await old.ended;
    const watches = [await server.watch(WATCH, TABLE), await server.watch(WATCH, TABLE)];
    for (const watch of watches) await watch.first(1);
    await create(server, "b", { color: "blue" });
    for (const watch of watches) {
      const tables = (await watch.first(2)).map(({ object }) => object);
      expect(tables[0].columnDefinitions).toMatchObject([
        { name: "Name" },
        { name: "New" },
        { name: "Again" },
      ]);
      expect(tables[1].rows[0].cells).toEqual(["b", "blue", "blue"]);
      watch.stop();
    }
  });
});

describe("when a definition does not change", () => {
  test("its watches go on, whatever is said of it", async ({ server }) => {
    await define(server);
    const watch = await server.watch(WATCH);
    await redefine(server, { metadata: { labels: { a: "b" } } });
    const { status } = (await server.ask(DEFINITION)).json;
    const conditions = [...status.conditions, { type: "Mine", status: "True", reason: "A", message: "" }];
    await redefine(server, { status: { conditions } }, `${DEFINITION}/status`);
    await create(server, "a");
    await watch.first(1);
    expect(watch.names()).toEqual(["ADDED a"]);
    watch.stop();
  });
});

describe("when a definition goes", () => {
  test("a watch tells the deletion of each object, and ends", async ({ server }) => {
    await define(server);
    await create(server, "a");
    await create(server, "b");
    const watch = await server.watch(WATCH);
    await watch.first(2);
    await server.ask(DEFINITION, { method: "DELETE" });
    await server.ask(collection("v1"), { method: "DELETE" });
    await redefine(server, { metadata: { finalizers: null } });
    await watch.ended;
    expect(watch.names()).toEqual(["ADDED a", "ADDED b", "DELETED a", "DELETED b"]);
    expect(watch.response.complete).toBe(true);
    expect((await server.ask(WATCH)).status).toBe(404);
  });

  test("a watch of the next definition of its name knows nothing of it", async ({ server }) => {
    await define(server);
    await create(server, "a");
    const revision = (await server.ask(collection("v1"))).json.metadata.resourceVersion;
    await server.ask(`${collection("v1")}/a`, { method: "DELETE" });
    await server.ask(DEFINITION, { method: "DELETE" });
    await redefine(server, { metadata: { finalizers: null } });
    await define(server);
    const watch = await server.watch(`${WATCH}&resourceVersion=${revision}`);
    await watch.ended;
    expect(watch.lines).toMatchObject([{ type: "ERROR", object: { code: 410 } }]);
  });
});
