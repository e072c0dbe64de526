import { describe, expect } from "vitest";
import type { KubeObject } from "../../../apis/meta.ts";
import { Pod } from "../../../apis/views/index.ts";
import { createKinds, createRegistry } from "../../../server/registry/index.ts";
import { localProcess, PROCESSES, test, type TestServer } from "../http/harness.ts";

const PODS = "/api/v1/namespaces/default/pods";
const SERVICES = "/api/v1/namespaces/default/services";
const MERGE = { "content-type": "application/merge-patch+json" };
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

async function run(server: TestServer, name: string, labels: Record<string, string> = {}) {
  const process = localProcess(name);
  const body = { ...process, metadata: { ...process.metadata, labels } };
  return server.ask(PROCESSES, { method: "POST", body });
}

const setStatus = (server: TestServer, name: string, status: object) =>
  server.ask(`${PROCESSES}/${name}/status`, { method: "PATCH", headers: MERGE, body: { status } });

const RUNNING = { state: "Running", pid: 1, run: 1, ready: true, host: "here" };

describe("every LocalProcess is a Pod", () => {
  test("of the same namespace, name and uid, in the same list", async ({ server }) => {
    const web = await run(server, "web", { app: "web" });
    await run(server, "db");
    const { status, json } = await server.ask(`${PODS}/web`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "web", namespace: "default", uid: web.json.metadata.uid, labels: { app: "web" } },
      spec: { containers: [{ name: "process", image: "true" }] },
      status: { phase: "Pending" },
    });
    const list = await server.ask(PODS);
    expect(list.json).toMatchObject({ kind: "PodList", apiVersion: "v1" });
    expect(list.json.items.map(({ metadata }: KubeObject) => metadata.name)).toEqual(["db", "web"]);
    expect((await server.ask("/api/v1/pods")).json.items).toHaveLength(2);
    expect((await server.ask(`${PODS}/web/status`)).json).toEqual(json);
    expect((await server.ask(`${PODS}/nope`)).json).toMatchObject({
      code: 404,
      message: 'pods "nope" not found',
    });
  });

  test("selected by what a Pod shows (rule 81)", async ({ server }) => {
    await run(server, "web", { app: "web" });
    await run(server, "db");
    await setStatus(server, "web", RUNNING);
    const list = async (query: string) =>
      (await server.ask(`${PODS}?${query}`)).json.items.map(({ metadata }: KubeObject) => metadata.name);
    expect(await list("fieldSelector=status.phase=Running")).toEqual(["web"]);
    expect(await list("fieldSelector=status.phase!=Running")).toEqual(["db"]);
    expect(await list("fieldSelector=spec.nodeName=here,spec.restartPolicy=Never")).toEqual(["web"]);
    expect(await list("fieldSelector=status.podIP=127.0.0.1")).toEqual(["web"]);
    expect(await list("fieldSelector=metadata.name=db")).toEqual(["db"]);
    expect(await list("labelSelector=app=web")).toEqual(["web"]);
    expect((await server.ask(`${PODS}?fieldSelector=status.state=Running`)).status).toBe(400);
  });

  test("printed as in a cluster", async ({ server }) => {
    await run(server, "web");
    await setStatus(server, "web", RUNNING);
    const { json } = await server.ask(PODS, { headers: TABLE });
    const columns = json.columnDefinitions as { name: string; type: string; priority: number }[];
    expect(columns.map(({ name, type, priority }) => [name, type, priority])).toEqual([
      ["Name", "string", 0],
      ["Ready", "string", 0],
      ["Status", "string", 0],
      ["Restarts", "string", 0],
      ["Age", "string", 0],
      ["IP", "string", 1],
      ["Node", "string", 1],
      ["Nominated Node", "string", 1],
      ["Readiness Gates", "string", 1],
    ]);
    expect(json.rows[0].cells.slice(0, 4)).toEqual(["web", "1/1", "Running", "0"]);
  });

  test("watched: what is written of the process is told of the Pod, selectors on what it shows (rule 88)", async ({
    server,
  }) => {
    const all = await server.watch(`${PODS}?watch=true`);
    const running = await server.watch(`${PODS}?watch=true&fieldSelector=status.phase=Running`);
    await run(server, "web");
    await setStatus(server, "web", RUNNING);
    await setStatus(server, "web", { ready: false });
    await setStatus(server, "web", { state: "Failed", exitCode: 1, pid: null });
    await server.ask(`${PROCESSES}/web`, { method: "DELETE" });
    const told = (await all.first(5)).map(({ type, object }) => [type, object.kind, object.status.phase]);
    expect(told).toEqual([
      ["ADDED", "Pod", "Pending"],
      ["MODIFIED", "Pod", "Running"],
      ["MODIFIED", "Pod", "Running"],
      ["MODIFIED", "Pod", "Failed"],
      ["DELETED", "Pod", "Failed"],
    ]);
    const selected = (await running.first(3)).map(({ type, object }) => [type, object.status.phase]);
    expect(selected).toEqual([
      ["ADDED", "Running"],
      ["MODIFIED", "Running"],
      ["DELETED", "Running"],
    ]);
    all.stop();
    running.stop();
  });
});

describe("a Pod can only be read", () => {
  test("every write is refused, and changes nothing", async ({ server }) => {
    await run(server, "web");
    const { json: pod } = await server.ask(`${PODS}/web`);
    const writes: [string, string][] = [
      ["POST", PODS],
      ["DELETE", PODS],
      ["PUT", `${PODS}/web`],
      ["PATCH", `${PODS}/web`],
      ["DELETE", `${PODS}/web`],
      ["PUT", `${PODS}/web/status`],
      ["PATCH", `${PODS}/web/status`],
    ];
    for (const [method, path] of writes) {
      const headers = method === "PATCH" ? MERGE : {};
      expect(await server.ask(path, { method, headers, body: pod })).toMatchObject({
        status: 405,
        json: {
          reason: "MethodNotAllowed",
          message: "pods can only be read: they show localprocesses.tiltish.dev, so change those instead",
        },
      });
    }
    expect((await server.ask(`${PODS}/web`)).json).toEqual(pod);
  });

  test("also by whoever needs no socket", async ({ server }) => {
    await run(server, "web");
    const registry = createRegistry(server.store, createKinds([Pod]));
    const target = { kind: Pod, namespace: "default", name: "web" };
    const refused = { code: 405, reason: "MethodNotAllowed" };
    const { object } = registry.get(target);
    await expect(registry.delete(target, {})).rejects.toMatchObject(refused);
    await expect(registry.delete(target, { dryRun: true })).rejects.toMatchObject(refused);
    await expect(registry.update(target, object, {})).rejects.toMatchObject(refused);
    await expect(registry.patch(target, { type: "merge", body: {} }, {})).rejects.toMatchObject(refused);
    await expect(registry.deleteCollection(target, {})).rejects.toMatchObject(refused);
    expect((await server.ask(`${PROCESSES}/web`)).status).toBe(200);
  });

  test.for(["exec", "attach", "portforward", "proxy", "eviction", "ephemeralcontainers"])(
    "it has no %s, and says why",
    async (name, { server }) => {
      await run(server, "web");
      for (const method of ["GET", "POST"]) {
        const answer = await server.ask(`${PODS}/web/${name}`, { method });
        expect(answer).toMatchObject({ status: 405, json: { reason: "MethodNotAllowed" } });
        expect(answer.json.message).toMatch(/^this Pod shows a LocalProcess, an ordinary process .*: /);
      }
      expect((await server.ask(`${PODS}/web/other`)).status).toBe(404);
    },
  );
});

describe("rule 108: Services", () => {
  test("are none, listed, printed and watched", async ({ server }) => {
    expect((await server.ask(SERVICES)).json).toMatchObject({ kind: "ServiceList", items: [] });
    const { json } = await server.ask("/api/v1/services", { headers: TABLE });
    expect(json.columnDefinitions.map(({ name }: { name: string }) => name).slice(0, 3)).toEqual([
      "Name",
      "Type",
      "Cluster-IP",
    ]);
    const query =
      "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const watch = await server.watch(`${SERVICES}?${query}`);
    expect(await watch.first(1)).toMatchObject([{ type: "BOOKMARK", object: { kind: "Service" } }]);
    watch.stop();
    const body = { apiVersion: "v1", kind: "Service", metadata: { name: "a" } };
    expect(await server.ask(SERVICES, { method: "POST", body })).toMatchObject({
      status: 405,
      json: { message: "services can only be read" },
    });
  });
});
