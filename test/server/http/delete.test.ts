import { describe, expect } from "vitest";
import { bytes, envelope, integer, message } from "../../helpers/protobuf.ts";
import { CONFIG_MAPS, configMap, localProcess, PROCESSES, test, type TestServer } from "./harness.ts";

interface Item {
  metadata: { name: string; resourceVersion: string; finalizers?: string[] };
}

const hold = async (server: TestServer, name = "held") => {
  const metadata = { name, finalizers: ["test.dev/hold"] };
  const body = { ...localProcess(name), metadata };
  return (await server.ask(PROCESSES, { method: "POST", body })).json;
};
const remove = (server: TestServer, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  server.ask(path, { method: "DELETE", body, headers });
const patch = (server: TestServer, path: string, body: object, type = "merge-patch+json") =>
  server.ask(path, { method: "PATCH", body, headers: { "content-type": `application/${type}` } });

describe("rule 99: a delete answers", () => {
  test("what was deleted and its uid, when it is gone", async ({ server }) => {
    const { metadata } = (await server.ask(PROCESSES, { method: "POST", body: localProcess("web") })).json;
    expect(await remove(server, `${PROCESSES}/web`)).toMatchObject({
      status: 200,
      json: {
        kind: "Status",
        apiVersion: "v1",
        status: "Success",
        details: { name: "web", group: "tiltish.dev", kind: "localprocesses", uid: metadata.uid },
      },
    });
  });

  test("in YAML to whom asks for it", async ({ server }) => {
    await server.create("a");
    const { headers, text } = await remove(server, `${CONFIG_MAPS}/a`, undefined, {
      accept: "application/yaml",
    });
    expect(headers["content-type"]).toBe("application/yaml");
    expect(text).toContain("status: Success");
  });

  test("404 for what is not there, and says what", async ({ server }) => {
    expect(await remove(server, `${PROCESSES}/none`)).toMatchObject({
      status: 404,
      json: {
        reason: "NotFound",
        details: { name: "none", group: "tiltish.dev", kind: "localprocesses" },
      },
    });
  });
});

describe("rule 100: DeleteOptions", () => {
  const wrongUid = { preconditions: { uid: "other" } };

  test.for([
    ["JSON", "application/json", JSON.stringify(wrongUid)],
    ["YAML", "application/yaml", "apiVersion: v1\nkind: DeleteOptions\npreconditions: {uid: other}\n"],
    [
      "protobuf",
      "application/vnd.kubernetes.protobuf",
      envelope("v1", "DeleteOptions", message(2, bytes(1, "other"))),
    ],
  ] as const)("are read from %s, for kinds of every sort", async ([, type, body], { server }) => {
    await server.create("a");
    await server.ask(PROCESSES, { method: "POST", body: localProcess("a") });
    for (const path of [`${CONFIG_MAPS}/a`, `${PROCESSES}/a`]) {
      const answer = await remove(server, path, body, { "content-type": type });
      expect(answer).toMatchObject({ status: 409, json: { reason: "Conflict" } });
      expect(answer.json.message).toContain("the UID in the precondition (other) does not match");
    }
  });

  test.for(["v1", "meta.k8s.io/v1", "apps/v1", "tiltish.dev/v1alpha1"])(
    "may come as those of %s",
    async (apiVersion, { server }) => {
      await server.create("a");
      const body = { apiVersion, kind: "DeleteOptions" };
      expect(await remove(server, `${CONFIG_MAPS}/a`, body)).toMatchObject({ status: 200 });
    },
  );

  test("whose precondition is empty delete nothing", async ({ server }) => {
    await server.create("a");
    for (const preconditions of [{ uid: "" }, { resourceVersion: "" }]) {
      expect(await remove(server, `${CONFIG_MAPS}/a`, { preconditions })).toMatchObject({ status: 409 });
    }
  });

  test("with a precondition that holds, or none, delete", async ({ server }) => {
    const { metadata } = (await server.create("a")).json;
    const { uid, resourceVersion } = metadata;
    const body = { preconditions: { uid, resourceVersion } };
    expect(await remove(server, `${CONFIG_MAPS}/a`, body)).toMatchObject({ status: 200 });
    await server.create("a");
    const none = { preconditions: { uid: null, resourceVersion: null } };
    expect(await remove(server, `${CONFIG_MAPS}/a`, none)).toMatchObject({ status: 200 });
  });

  test.for([0, 30, -1])("with a grace period of %d s delete now", async (gracePeriodSeconds, { server }) => {
    await server.create("a");
    expect(await remove(server, `${CONFIG_MAPS}/a`, { gracePeriodSeconds })).toMatchObject({ status: 200 });
    await server.create("a");
    const query = `?gracePeriodSeconds=${gracePeriodSeconds}`;
    expect(await remove(server, `${CONFIG_MAPS}/a${query}`)).toMatchObject({ status: 200 });
    expect(await server.ask(`${CONFIG_MAPS}/a`)).toMatchObject({ status: 404 });
  });

  test.for([
    ["a grace period that is no number", { gracePeriodSeconds: "soon" }, "", 400],
    ["a grace period that is no whole number", { gracePeriodSeconds: 1.5 }, "", 400],
    ["preconditions of another type", { preconditions: [] }, "", 400],
    ["a precondition of another type", { preconditions: { uid: 1 } }, "", 400],
    ["orphanDependents of another type", { orphanDependents: "yes" }, "", 400],
    ["a dry run that is no list", { dryRun: "All" }, "", 400],
    ["a dry run that is none", { dryRun: ["Some"] }, "", 422],
    ["a policy that is none", { propagationPolicy: "Sideways" }, "", 422],
    ["two ways of saying the policy", { propagationPolicy: "Orphan", orphanDependents: false }, "", 422],
    ["another kind", { kind: "Status", apiVersion: "v1" }, "", 400],
    ["a policy in the query that is none", undefined, "?propagationPolicy=Sideways", 422],
    ["a grace period in the query that is no number", undefined, "?gracePeriodSeconds=soon", 400],
    ["a dry run in the query that is none", undefined, "?dryRun=Some", 422],
    ["two policies in the query", undefined, "?propagationPolicy=Orphan&orphanDependents=true", 422],
  ] as const)("with %s are refused, and delete nothing", async ([, body, query, status], { server }) => {
    await server.create("a");
    const answer = await remove(server, `${CONFIG_MAPS}/a${query}`, body);
    expect(answer).toMatchObject({ status, json: { kind: "Status", code: status } });
    expect(await server.ask(`${CONFIG_MAPS}/a`)).toMatchObject({ status: 200 });
  });

  test.for([
    ["body", { orphanDependents: true }, "", "orphan"],
    ["query", undefined, "?orphanDependents=true", "orphan"],
    ["body", { propagationPolicy: "Foreground" }, "", "foregroundDeletion"],
    ["query", undefined, "?propagationPolicy=Foreground", "foregroundDeletion"],
  ] as const)("say in the %s what becomes of dependents", async ([, body, query, finalizer], { server }) => {
    await server.create("a");
    const answer = await remove(server, `${CONFIG_MAPS}/a${query}`, body);
    expect(answer).toMatchObject({ status: 200, json: { metadata: { finalizers: [finalizer] } } });
    const orphanNot = envelope("v1", "DeleteOptions", integer(3, 0));
    const type = { "content-type": "application/vnd.kubernetes.protobuf" };
    expect(await remove(server, `${CONFIG_MAPS}/a`, orphanNot, type)).toMatchObject({
      json: { status: "Success" },
    });
  });

  test("in a body as in the query make a dry run", async ({ server }) => {
    await server.create("a");
    await hold(server);
    for (const [body, query] of [
      [{ dryRun: ["All"] }, ""],
      [{}, "?dryRun=All"],
      [undefined, "?dryRun=All"],
    ] as const) {
      const gone = await remove(server, `${CONFIG_MAPS}/a${query}`, body);
      expect(gone).toMatchObject({ status: 200, json: { status: "Success" } });
      const held = await remove(server, `${PROCESSES}/held${query}`, body);
      expect(held).toMatchObject({ status: 200, json: { metadata: { deletionGracePeriodSeconds: 0 } } });
    }
    const { json } = await server.ask(`${PROCESSES}/held`);
    expect(json.metadata).not.toHaveProperty("deletionTimestamp");
  });

  test("that are not understood are ignored, as is what they would ignore", async ({ server }) => {
    await server.create("a");
    const query = "?ignoreStoreReadErrorWithClusterBreakingPotential=true&later=1";
    const body = { ignoreStoreReadErrorWithClusterBreakingPotential: true, later: 1 };
    expect(await remove(server, `${CONFIG_MAPS}/a${query}`, body)).toMatchObject({ status: 200 });
  });

  test("need not be there, whatever the media type says", async ({ server }) => {
    await server.create("a");
    const type = { "content-type": "application/x-www-form-urlencoded" };
    expect(await remove(server, `${CONFIG_MAPS}/a`, "a=b", type)).toMatchObject({ status: 415 });
    expect(await remove(server, `${CONFIG_MAPS}/a`, "", type)).toMatchObject({ status: 200 });
  });
});

describe("rule 101: an object that finalizers hold", () => {
  const path = `${PROCESSES}/held`;

  test("is marked once, and a second delete moves nothing", async ({ server }) => {
    await hold(server);
    const { json: first } = await remove(server, path);
    expect(first.metadata).toMatchObject({ generation: 2, deletionGracePeriodSeconds: 0 });
    expect(first.metadata.deletionTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect((await remove(server, path)).json).toEqual(first);
  });

  const off = { metadata: { finalizers: [] } };
  test.for([
    ["a merge patch", (server: TestServer) => patch(server, path, off)],
    [
      "a JSON patch",
      (server: TestServer) =>
        patch(server, path, [{ op: "remove", path: "/metadata/finalizers" }], "json-patch+json"),
    ],
    [
      "a replacement",
      async (server: TestServer) => {
        const { json } = await server.ask(path);
        return server.ask(path, {
          method: "PUT",
          body: { ...json, metadata: { ...json.metadata, finalizers: [] } },
        });
      },
    ],
  ] as const)(
    "goes by %s that takes the last one off, which still answers it",
    async ([, take], { server }) => {
      const { metadata } = await hold(server);
      await remove(server, path);
      expect(await take(server)).toMatchObject({
        status: 200,
        json: { kind: "LocalProcess", metadata: { uid: metadata.uid } },
      });
      expect(await server.ask(path)).toMatchObject({ status: 404 });
    },
  );

  test("goes by an apply that no longer names the last one, which still answers it", async ({ server }) => {
    const apply = (finalizers: string[]) => {
      const body = { ...localProcess("held"), metadata: { name: "held", finalizers } };
      return patch(server, `${path}?fieldManager=owner`, body, "apply-patch+yaml");
    };
    expect(await apply(["test.dev/hold"])).toMatchObject({ status: 201 });
    await remove(server, path);
    expect(await apply([])).toMatchObject({ status: 200, json: { kind: "LocalProcess" } });
    expect(await server.ask(path)).toMatchObject({ status: 404 });
  });

  test("takes other edits, but no new finalizers", async ({ server }) => {
    await hold(server);
    await remove(server, path);
    const more = { metadata: { finalizers: ["test.dev/hold", "test.dev/more"] } };
    expect(await patch(server, path, more)).toMatchObject({
      status: 422,
      json: {
        reason: "Invalid",
        details: { causes: [{ field: "metadata.finalizers", reason: "FieldValueForbidden" }] },
      },
    });
    const edit = { metadata: { labels: { a: "b" } }, spec: { argv: ["false"] } };
    expect(await patch(server, path, edit)).toMatchObject({
      status: 200,
      json: { metadata: { labels: { a: "b" }, generation: 3 }, spec: { argv: ["false"] } },
    });
  });

  test("cannot be brought back", async ({ server }) => {
    await hold(server);
    const { json } = await remove(server, path);
    const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...metadata } = json.metadata;
    const dying = { deletionTimestamp: json.metadata.deletionTimestamp, deletionGracePeriodSeconds: 0 };
    const put = await server.ask(path, { method: "PUT", body: { ...json, metadata } });
    expect(put).toMatchObject({ status: 200, json: { metadata: dying } });
    const merged = await patch(server, path, { metadata: { deletionTimestamp: null } });
    expect(merged).toMatchObject({ status: 200, json: { metadata: dying } });
    const ops = [{ op: "remove", path: "/metadata/deletionTimestamp" }];
    const patched = await patch(server, path, ops, "json-patch+json");
    expect(patched).toMatchObject({ status: 200, json: { metadata: dying } });
  });
});

describe("rule 104: the deletion of a collection", () => {
  const labelled = (server: TestServer) =>
    Promise.all(["a", "b", "c"].map((name) => server.create(name, {}, { app: name })));
  const names = async (server: TestServer) =>
    (await server.ask(CONFIG_MAPS)).json.items.map(({ metadata }: Item) => metadata.name);

  test("takes what the selectors match", async ({ server }) => {
    await labelled(server);
    await remove(server, `${CONFIG_MAPS}?labelSelector=app%20in%20(a,b)&fieldSelector=metadata.name!%3Db`);
    expect(await names(server)).toEqual(["b", "c"]);
    expect(await remove(server, `${CONFIG_MAPS}?labelSelector=a%20b`)).toMatchObject({ status: 400 });
    expect(await remove(server, `${CONFIG_MAPS}?fieldSelector=spec.x%3D1`)).toMatchObject({ status: 400 });
    expect(await names(server)).toEqual(["b", "c"]);
  });

  test("may be asked for in pages", async ({ server }) => {
    await labelled(server);
    const { json } = await remove(server, `${CONFIG_MAPS}?limit=2`);
    expect(json.items).toHaveLength(2);
    expect(await names(server)).toEqual(["c"]);
    const token = encodeURIComponent(json.metadata.continue);
    const rest = await remove(server, `${CONFIG_MAPS}?limit=2&continue=${token}`);
    expect(rest.json.items).toHaveLength(1);
    expect(rest.json.metadata.continue ?? "").toBe("");
    expect(await names(server)).toEqual([]);
  });

  test("may be tried: a dry run answers as if", async ({ server }) => {
    await labelled(server);
    expect((await remove(server, `${CONFIG_MAPS}?dryRun=All`)).json.items).toHaveLength(3);
    expect((await remove(server, CONFIG_MAPS, { dryRun: ["All"] })).json.items).toHaveLength(3);
    expect(await names(server)).toHaveLength(3);
  });

  test("hands policy and preconditions on to every object", async ({ server }) => {
    await labelled(server);
    expect(await remove(server, CONFIG_MAPS, { preconditions: { uid: "other" } })).toMatchObject({
      status: 409,
    });
    expect(await names(server)).toHaveLength(3);
    const { json } = await remove(server, CONFIG_MAPS, { propagationPolicy: "Orphan" });
    for (const { metadata } of json.items as Item[]) expect(metadata.finalizers).toEqual(["orphan"]);
  });

  test("answers those that are held with the rest, at a revision that covers them all", async ({
    server,
  }) => {
    await hold(server, "held");
    await server.ask(PROCESSES, { method: "POST", body: localProcess("web") });
    const { json } = await remove(server, PROCESSES);
    expect(json.kind).toBe("LocalProcessList");
    expect(json.items.map(({ metadata }: Item) => metadata.name)).toEqual(["held", "web"]);
    const newest = Math.max(...json.items.map(({ metadata }: Item) => Number(metadata.resourceVersion)));
    expect(Number(json.metadata.resourceVersion)).toBeGreaterThanOrEqual(newest);
    expect((await server.ask(PROCESSES)).json.items).toHaveLength(1);
  });

  test("is not there for namespaces, nor over all namespaces at once", async ({ server }) => {
    for (const path of ["/api/v1/namespaces", "/api/v1/configmaps"]) {
      expect(await remove(server, path)).toMatchObject({
        status: 405,
        json: { reason: "MethodNotAllowed" },
      });
    }
    const { json } = await server.ask("/api/v1");
    const { verbs } = json.resources.find(({ name }: { name: string }) => name === "namespaces");
    expect(verbs).toEqual(["create", "delete", "get", "list", "patch", "update", "watch"]);
  });
});

test("rule 105: a name that is used again is another object", async ({ server }) => {
  const first = (await server.create("a")).json.metadata;
  await remove(server, `${CONFIG_MAPS}/a`);
  const second = (await server.create("a", configMap("a").data)).json.metadata;
  expect(second.uid).not.toBe(first.uid);
  expect(Number(second.resourceVersion)).toBeGreaterThan(Number(first.resourceVersion));
});
