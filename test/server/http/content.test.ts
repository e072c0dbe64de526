import { describe, expect } from "vitest";
import { CONFIG_MAPS, configMap, localProcess, PROCESSES, test, type TestServer } from "./harness.ts";

const META = "v=v1;g=meta.k8s.io";
const TABLE = { accept: `application/json;as=Table;${META}` };
const PARTIAL = { accept: `application/json;as=PartialObjectMetadata;${META}` };
const MERGE = { "content-type": "application/merge-patch+json" };
const isPretty = (text: string): boolean => text.startsWith("{\n  ");

describe("rule 25", () => {
  test.for([
    ["", "curl/8.1", true],
    ["", "Wget/1.21", true],
    ["", "Mozilla/5.0 (X11)", true],
    ["", "kubectl/v1.32.0", false],
    ["?pretty=true", "kubectl/v1.32.0", true],
    ["?pretty=1", "", true],
    ["?pretty=false", "curl/8.1", false],
    ["?pretty=0", "curl/8.1", false],
    ["?pretty=yes", "curl/8.1", false],
    ["?pretty=", "curl/8.1", true],
  ] as const)(
    "an object and an error with %j for %j are pretty: %j",
    async ([query, agent, pretty], { server }) => {
      await server.create("a");
      for (const path of [`${CONFIG_MAPS}/a`, `${CONFIG_MAPS}/b`, "/api", "/nope"]) {
        const { text } = await server.ask(path + query, { headers: { "user-agent": agent } });
        expect([path, isPretty(text)]).toEqual([path, pretty]);
      }
    },
  );

  test("who may not come in is told in the same way", async ({ server }) => {
    const headers = { authorization: "", "user-agent": "curl/8.1" };
    const { status, text } = await server.ask(CONFIG_MAPS, { headers });
    expect([status, isPretty(text)]).toEqual([401, true]);
  });
});

describe("rule 26", () => {
  test.for([
    [CONFIG_MAPS, 405],
    [`${CONFIG_MAPS}/a`, 405],
    [PROCESSES, 200],
    [`${PROCESSES}/a`, 200],
    [`${PROCESSES}/none`, 404],
    ["/api", 200],
    ["/readyz", 200],
    ["/version", 200],
  ] as const)("HEAD %s is %i, without a body", async ([path, status], { server }) => {
    await server.create("a");
    await server.ask(PROCESSES, { method: "POST", body: localProcess("a") });
    expect(await server.ask(path, { method: "HEAD" })).toMatchObject({ status, text: "" });
  });

  test.for([CONFIG_MAPS, PROCESSES, `${PROCESSES}/a`, "/api"])(
    "OPTIONS %s is 405",
    async (path, { server }) => {
      expect(await server.ask(path, { method: "OPTIONS" })).toMatchObject({
        status: 405,
        json: { reason: "MethodNotAllowed" },
      });
    },
  );
});

describe("rule 27", () => {
  test.for(["limit=abc", "limit=1.5", "limit=0x10", "timeoutSeconds=abc", "timeoutSeconds=1e3"])(
    "%s is 400 for lists and watches",
    async (query, { server }) => {
      for (const watch of ["", "&watch=1"]) {
        const answer = await server.ask(`${CONFIG_MAPS}?${query}${watch}`);
        expect(answer).toMatchObject({ status: 400, json: { reason: "BadRequest" } });
        expect(answer.json.message).toContain(query.split("=")[0]);
      }
    },
  );

  test("what is unknown is ignored, and a limit of -1 is none", async ({ server }) => {
    for (const name of ["a", "b", "c"]) await server.create(name);
    for (const query of ["limit=-1", "limit=0", "limit=", "unknown=1"]) {
      expect((await server.ask(`${CONFIG_MAPS}?${query}`)).json.items).toHaveLength(3);
    }
  });
});

describe("rule 28", () => {
  test.for([
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "Application/JSON",
    "application/yaml; charset=utf-8",
    "",
  ])("a body of type %j is taken", async (type, { server }) => {
    const asked = { method: "POST", body: configMap("a"), headers: { "content-type": type } };
    expect(await server.ask(CONFIG_MAPS, asked)).toMatchObject({ status: 201 });
  });

  test("a patch type may have parameters", async ({ server }) => {
    await server.create("a");
    const headers = { "content-type": "application/merge-patch+json; charset=utf-8" };
    const asked = { method: "PATCH", body: { data: { x: "1" } }, headers };
    expect(await server.ask(`${CONFIG_MAPS}/a`, asked)).toMatchObject({ status: 200 });
  });

  test.for(["application/json, application/yaml", "nonsense", "text/json"])(
    "rule 30: %j is 415, and what is accepted is told",
    async (type, { server }) => {
      const asked = { method: "POST", body: configMap("a"), headers: { "content-type": type } };
      const answer = await server.ask(CONFIG_MAPS, asked);
      expect(answer).toMatchObject({ status: 415, json: { reason: "UnsupportedMediaType" } });
      expect(answer.json.message).toMatch(
        /accepted media types include: application\/json, application\/yaml/,
      );
    },
  );
});

describe("rule 38", () => {
  test("every write answers with a table if that is asked for", async ({ server }) => {
    const tableOf = async (method: string, path: string, body: object, headers = {}) => {
      const answer = await server.ask(path, { method, body, headers: { ...TABLE, ...headers } });
      expect(answer.headers["content-type"]).toContain("as=Table");
      return answer.json;
    };
    const created = await tableOf("POST", PROCESSES, localProcess("a"));
    expect(created).toMatchObject({ kind: "Table", rows: [{ object: { kind: "PartialObjectMetadata" } }] });
    expect(created.columnDefinitions[0]).toMatchObject({ name: "Name", type: "string", format: "name" });
    const { json } = await server.ask(`${PROCESSES}/a`);
    const tables = [
      await tableOf("PUT", `${PROCESSES}/a`, { ...json, spec: { argv: ["false"] } }),
      await tableOf("PATCH", `${PROCESSES}/a`, { metadata: { labels: { a: "b" } } }, MERGE),
      await tableOf("PATCH", `${PROCESSES}/a/status`, { status: { pid: 5 } }, MERGE),
      await tableOf("DELETE", PROCESSES, {}),
    ];
    for (const table of tables) {
      expect(table.rows.map(({ cells }: { cells: string[] }) => cells[0])).toEqual(["a"]);
      expect(table.metadata.resourceVersion).toMatch(/^\d+$/);
    }
  });

  test("rule 40: a Status stays one under a table, that of a deletion too", async ({ server }) => {
    await server.create("a");
    for (const headers of [TABLE, PARTIAL]) {
      const deleted = await server.ask(`${CONFIG_MAPS}/a?dryRun=All`, { method: "DELETE", headers });
      expect(deleted).toMatchObject({ status: 200, json: { kind: "Status", status: "Success" } });
      expect(deleted.headers["content-type"]).toBe("application/json");
      const missing = await server.ask(`${CONFIG_MAPS}/b`, { headers });
      expect(missing).toMatchObject({ status: 404, json: { kind: "Status" } });
      expect(missing.headers["content-type"]).toBe("application/json");
    }
  });
});

describe("rule 41", () => {
  test.for([
    [`as=Nothing;${META}`, 406],
    ["as=Table;v=v1beta1;g=meta.k8s.io", 406],
    ["as=Table", 406],
    [`as=PartialObjectMetadataList;${META}`, 406],
    [`as=Nothing;${META},application/json`, 200],
  ] as const)("an object as %s is %i", async ([parameters, status], { server }) => {
    await server.create("a");
    const headers = { accept: `application/json;${parameters}` };
    expect(await server.ask(`${CONFIG_MAPS}/a`, { headers })).toMatchObject({
      status,
      json: { kind: status === 200 ? "ConfigMap" : "Status" },
    });
  });

  test("a bookmark is shown as the objects are, and keeps what it says", async ({ server }) => {
    const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const annotations = { "k8s.io/initial-events-end": "true" };
    const partial = await server.watch(`${CONFIG_MAPS}?${query}`, PARTIAL);
    expect(await partial.first(1)).toMatchObject([
      { type: "BOOKMARK", object: { kind: "PartialObjectMetadata", metadata: { annotations } } },
    ]);
    const table = await server.watch(`${CONFIG_MAPS}?${query}`, TABLE);
    const [bookmark] = await table.first(1);
    expect(bookmark!.object.rows).toMatchObject([{ object: { metadata: { annotations } } }]);
    expect(bookmark!.object.rows[0].cells).toHaveLength(bookmark!.object.columnDefinitions.length);
    for (const watch of [partial, table]) watch.stop();
  });

  test("rule 92: the present state that a selector selects, then the bookmark", async ({ server }) => {
    await server.create("a", {}, { app: "web" });
    await server.create("b", {}, { app: "db" });
    const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    for (const selector of ["labelSelector=app%3Dweb", "fieldSelector=metadata.name%3Da"]) {
      const watch = await server.watch(`${CONFIG_MAPS}?${query}&${selector}`);
      await watch.first(2);
      expect(watch.names()).toEqual(["ADDED a", "BOOKMARK"]);
      watch.stop();
    }
  });
});

describe("rule 81", () => {
  const listed = async (server: TestServer, selector: string) =>
    (await server.ask(`${CONFIG_MAPS}?fieldSelector=${encodeURIComponent(selector)}`)).json;

  test("in values of fields, commas and equal signs have a backslash before them", async ({ server }) => {
    const events = "/api/v1/namespaces/default/events";
    const event = (name: string, reason: string) => ({
      metadata: { name },
      involvedObject: { kind: "ConfigMap", name: "a", namespace: "default" },
      reason,
    });
    await server.ask(events, { method: "POST", body: event("odd", "a,b=c\\d") });
    await server.ask(events, { method: "POST", body: event("plain", "a") });
    const selector = encodeURIComponent("reason=a\\,b\\=c\\\\d,involvedObject.name=a");
    const { json } = await server.ask(`${events}?fieldSelector=${selector}`);
    expect(json.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(["odd"]);
  });

  test.for(["metadata.name=a=b", "metadata.name=\\a", "metadata.name=a\\", "metadata.name", "=a", "!=a"])(
    "%s is 400",
    async (selector, { server }) => {
      expect(await listed(server, selector)).toMatchObject({ code: 400, reason: "BadRequest" });
    },
  );

  test("empty terms say nothing", async ({ server }) => {
    await server.create("a");
    expect((await listed(server, ",metadata.name==a,,")).items).toHaveLength(1);
    expect((await listed(server, "metadata.name=a,metadata.name!=a")).items).toHaveLength(0);
  });
});

describe("rule 98", () => {
  const PREFIXED = "/api/v1/watch/namespaces/default/configmaps";

  test.for([
    ["/api/v1/watch/configmaps", ["ADDED a", "ADDED b"]],
    [PREFIXED, ["ADDED a", "ADDED b"]],
    [`${PREFIXED}/a`, ["ADDED a"]],
    [`${PREFIXED}/a?fieldSelector=metadata.name%3Db`, []],
    ["/api/v1/watch/namespaces/default", ["ADDED default"]],
    ["/apis/tiltish.dev/v1alpha1/watch/localprocesses", ["ADDED p"]],
    ["/apis/tiltish.dev/v1alpha1/watch/namespaces/default/localprocesses/p", ["ADDED p"]],
  ] as const)("%s is a watch", async ([path, names], { server }) => {
    for (const name of ["a", "b"]) await server.create(name);
    await server.ask(PROCESSES, { method: "POST", body: localProcess("p") });
    const watch = await server.watch(`${path}${path.includes("?") ? "&" : "?"}timeoutSeconds=1`);
    await watch.ended;
    expect(watch.names()).toEqual(names);
  });

  test("nothing is written there, and what is not served is 404", async ({ server }) => {
    await server.create("a");
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      expect(await server.ask(PREFIXED, { method, body: configMap("b") })).toMatchObject({ status: 405 });
      expect(await server.ask(`${PREFIXED}/a`, { method, body: configMap("a") })).toMatchObject({
        status: 405,
      });
    }
    for (const path of [
      "/api/v1/watch",
      "/api/v1/watch/nopes",
      "/api/v1/watch/configmaps/a",
      `${PREFIXED}/a/status`,
    ]) {
      expect(await server.ask(path)).toMatchObject({ status: 404 });
    }
    expect((await server.ask(CONFIG_MAPS)).json.items).toHaveLength(1);
  });
});

test("rule 17: the version is a semantic one, within a minor of the newest client", async ({ server }) => {
  const { json } = await server.ask("/version");
  expect(json).toMatchObject({ major: "1", minor: "35" });
  expect(json.gitVersion).toMatch(/^v1\.35\.\d+\+tiltish$/);
});

test("rule 18: what is left out of a health check is told", async ({ server }) => {
  const answer = await server.ask("/readyz?verbose&exclude=ping&exclude=nothing");
  expect(answer.text).toBe('[+]ping excluded: ok\nwarn: there is no check "nothing"\nreadyz check passed\n');
});
