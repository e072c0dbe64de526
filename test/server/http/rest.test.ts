import { gunzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { CONFIG_MAPS, configMap, localProcess, PROCESSES, test } from "./harness.ts";

const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
const YAML = { accept: "application/yaml" };

describe("verbs", () => {
  test("an object is created, read, replaced, patched and deleted", async ({ server }) => {
    const created = await server.ask(PROCESSES, { method: "POST", body: localProcess("a") });
    expect(created).toMatchObject({
      status: 201,
      json: { kind: "LocalProcess", metadata: { generation: 1 } },
    });
    expect((await server.ask(`${PROCESSES}/a`)).json).toEqual(created.json);
    expect((await server.ask(`${PROCESSES}/a/status`)).json).toEqual(created.json);

    const next = { ...created.json, spec: { argv: ["false"] } };
    const updated = await server.ask(`${PROCESSES}/a`, { method: "PUT", body: next });
    expect(updated).toMatchObject({ status: 200, json: { spec: { argv: ["false"] } } });
    expect(await server.ask(`${PROCESSES}/a`, { method: "PUT", body: next })).toMatchObject({
      status: 409,
      json: { reason: "Conflict" },
    });

    const patched = await server.ask(`${PROCESSES}/a`, {
      method: "PATCH",
      body: { metadata: { labels: { x: "y" } } },
      headers: { "content-type": "application/merge-patch+json" },
    });
    expect(patched).toMatchObject({ status: 200, json: { metadata: { labels: { x: "y" } } } });
    const status = await server.ask(`${PROCESSES}/a/status`, {
      method: "PATCH",
      body: { status: { state: "Running" } },
      headers: { "content-type": "application/merge-patch+json" },
    });
    expect(status.json).toMatchObject({ status: { state: "Running" }, metadata: { generation: 2 } });

    const deleted = await server.ask(`${PROCESSES}/a`, { method: "DELETE" });
    expect(deleted).toMatchObject({
      status: 200,
      json: {
        kind: "Status",
        status: "Success",
        details: { name: "a", group: "tiltish.dev", kind: "localprocesses", uid: created.json.metadata.uid },
      },
    });
    expect(await server.ask(`${PROCESSES}/a`)).toMatchObject({ status: 404 });
  });

  test("rule 99: while finalizers hold it, a delete answers the object", async ({ server }) => {
    const held = { ...configMap("a"), metadata: { name: "a", finalizers: ["tiltish.dev/hold"] } };
    await server.ask(CONFIG_MAPS, { method: "POST", body: held });
    const deleted = await server.ask(`${CONFIG_MAPS}/a`, { method: "DELETE" });
    expect(deleted).toMatchObject({ status: 200, json: { kind: "ConfigMap" } });
    expect(deleted.json.metadata.deletionTimestamp).toMatch(/Z$/);
  });

  test("rule 100: preconditions and policies of a delete are looked at", async ({ server }) => {
    await server.create("a");
    const ask = (body: object | undefined, query = "") =>
      server.ask(`${CONFIG_MAPS}/a${query}`, { method: "DELETE", body });
    expect(await ask({ preconditions: { uid: "other" } })).toMatchObject({ status: 409 });
    expect(await ask({ propagationPolicy: "Nope" })).toMatchObject({ status: 422 });
    expect(await ask({ propagationPolicy: "Orphan", orphanDependents: true })).toMatchObject({ status: 422 });
    expect(await ask({ kind: "Pod" })).toMatchObject({ status: 400 });
    expect(await ask([])).toMatchObject({ status: 400 });
    expect(await ask(undefined, "?dryRun=All")).toMatchObject({ status: 200 });
    expect(await ask({ dryRun: ["Some"] })).toMatchObject({ status: 422 });
    expect(await server.ask(`${CONFIG_MAPS}/a`)).toMatchObject({ status: 200 });
    expect(await ask({ apiVersion: "v1", kind: "DeleteOptions" })).toMatchObject({ status: 200 });
  });

  test("rule 104: a collection is deleted by selector, and what went is answered", async ({ server }) => {
    await server.create("a", {}, { app: "web" });
    await server.create("b", {}, { app: "db" });
    const answer = await server.ask(`${CONFIG_MAPS}?labelSelector=app%3Dweb`, { method: "DELETE" });
    expect(answer.json).toMatchObject({ kind: "ConfigMapList", items: [{ metadata: { name: "a" } }] });
    expect((await server.ask(CONFIG_MAPS)).json.items).toHaveLength(1);
  });

  test("rule 74: a dry run answers as if, and stores nothing", async ({ server }) => {
    const post = (query: string) =>
      server.ask(`${CONFIG_MAPS}?${query}`, { method: "POST", body: configMap("a") });
    expect(await post("dryRun=All")).toMatchObject({ status: 201, json: { metadata: { name: "a" } } });
    expect(await post("dryRun=true")).toMatchObject({ status: 422 });
    expect(await server.ask(`${CONFIG_MAPS}/a`)).toMatchObject({ status: 404 });
  });

  test("rule 30: put and patch on a collection name what is missing", async ({ server }) => {
    const body = {};
    expect(await server.ask(CONFIG_MAPS, { method: "PUT", body })).toMatchObject({ status: 405 });
    expect(await server.ask(PROCESSES, { method: "PUT", body })).toMatchObject({
      status: 400,
      json: { message: "name must be provided" },
    });
    for (const method of ["POST", "DELETE"]) {
      expect(await server.ask(`${PROCESSES}/a/status`, { method, body })).toMatchObject({ status: 405 });
    }
    expect(await server.ask("/api/v1/configmaps", { method: "POST", body: configMap("a") })).toMatchObject({
      status: 405,
    });
  });

  test("rules 64 and 66: force belongs to an apply, and an apply to somebody", async ({ server }) => {
    await server.create("a");
    const ask = (type: string, query: string) =>
      server.ask(`${CONFIG_MAPS}/a?${query}`, {
        method: "PATCH",
        body: configMap("a"),
        headers: { "content-type": type },
      });
    expect(await ask("application/merge-patch+json", "force=true")).toMatchObject({ status: 422 });
    expect(await ask("application/apply-patch+yaml", "")).toMatchObject({ status: 422 });
    expect(await ask("application/json", "")).toMatchObject({ status: 415 });
  });
});

describe("lists", () => {
  test("rule 77: an empty one has items, and its revision", async ({ server }) => {
    const { json } = await server.ask(PROCESSES);
    expect(json).toEqual({
      apiVersion: "tiltish.dev/v1alpha1",
      kind: "LocalProcessList",
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) as string },
      items: [],
    });
  });

  test("rule 79: pages are of one state", async ({ server }) => {
    for (const name of ["a", "b", "c", "d", "e"]) await server.create(name);
    const first = await server.ask(`${CONFIG_MAPS}?limit=2`);
    expect(first.json.metadata.remainingItemCount).toBe(3);
    await server.create("bb");
    await server.ask(`${CONFIG_MAPS}/c`, { method: "DELETE" });
    const token = encodeURIComponent(first.json.metadata.continue as string);
    const rest = await server.ask(`${CONFIG_MAPS}?continue=${token}`);
    const names = [first, rest].flatMap(({ json }) =>
      (json.items as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name),
    );
    expect(names).toEqual(["a", "b", "c", "d", "e"]);
    expect(rest.json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion);
    expect(await server.ask(`${CONFIG_MAPS}?continue=nonsense`)).toMatchObject({ status: 400 });
  });

  test("a long one is streamed whole, plain or compressed", async ({ server }) => {
    const value = "x".repeat(20_000);
    for (let index = 0; index < 20; index++) await server.create(`n${index}`, { value: `${value}${index}` });
    const plain = await server.ask(CONFIG_MAPS, { headers: { "accept-encoding": "identity" } });
    expect(plain.json.items).toHaveLength(20);
    expect(Number(plain.headers["content-length"])).toBe(Buffer.byteLength(plain.text));
    expect(plain.headers["vary"]).toBe("Accept-Encoding");
    for (const query of ["", "?pretty=true"]) {
      const response = await server.open(CONFIG_MAPS + query, { headers: { "accept-encoding": "gzip" } });
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      expect(response.headers["content-encoding"]).toBe("gzip");
      expect(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString("utf8"))).toEqual(plain.json);
    }
  });

  test("rule 108: there are no services, which is no error", async ({ server }) => {
    expect((await server.ask("/api/v1/namespaces/kube-system/services")).json).toMatchObject({ items: [] });
    expect(await server.ask("/api/v1/namespaces/default/services", { method: "POST" })).toMatchObject({
      status: 405,
    });
  });
});

describe("forms of an answer", () => {
  test("rule 25: compact for programs, pretty for people and for who asks", async ({ server }) => {
    await server.create("a");
    const linesFor = async (query: string, agent: string) => {
      const { text } = await server.ask(`${CONFIG_MAPS}/a${query}`, { headers: { "user-agent": agent } });
      return text.split("\n").length;
    };
    expect(await linesFor("", "kubectl/v1.32")).toBe(1);
    expect(await linesFor("", "curl/8.1")).toBeGreaterThan(5);
    expect(await linesFor("?pretty=true", "kubectl/v1.32")).toBeGreaterThan(5);
    expect(await linesFor("?pretty=false", "curl/8.1")).toBe(1);
  });

  test("rule 35: YAML, errors included", async ({ server }) => {
    await server.create("a", { x: "yes" });
    const answer = await server.ask(`${CONFIG_MAPS}/a`, { headers: YAML });
    expect(answer.headers["content-type"]).toBe("application/yaml");
    expect(answer.text).toContain("kind: ConfigMap\n");
    const missing = await server.ask(`${CONFIG_MAPS}/b`, { headers: YAML });
    expect(missing.text).toContain("reason: NotFound\n");
    const list = await server.ask(CONFIG_MAPS, { headers: YAML });
    expect(list.text).toContain("kind: ConfigMapList\n");
  });

  test("rule 34: YAML is taken as well", async ({ server }) => {
    const body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: 'yes'}\n";
    const headers = { "content-type": "application/yaml" };
    expect(await server.ask(CONFIG_MAPS, { method: "POST", body, headers })).toMatchObject({ status: 201 });
  });

  test("rule 38: a table for every verb, and for errors a Status", async ({ server }) => {
    const asTable = (path: string, method = "GET", body?: object, type = "application/json") =>
      server.ask(path, { method, body, headers: { ...TABLE, ...(body && { "content-type": type }) } });
    const one = { status: 200, json: { kind: "Table", rows: [{ cells: ["a", 0, expect.anything()] }] } };
    expect(await asTable(CONFIG_MAPS, "POST", configMap("a"))).toMatchObject({ ...one, status: 201 });
    expect(await asTable(`${CONFIG_MAPS}/a`)).toMatchObject(one);
    expect(await asTable(CONFIG_MAPS)).toMatchObject(one);
    expect(await asTable(`${CONFIG_MAPS}/a`, "PUT", configMap("a"))).toMatchObject(one);
    expect(await asTable(`${CONFIG_MAPS}/a`, "PATCH", {}, "application/merge-patch+json")).toMatchObject(one);
    expect(await asTable(`${CONFIG_MAPS}/b`)).toMatchObject({ status: 404, json: { kind: "Status" } });
    expect(await asTable(`${CONFIG_MAPS}/a`, "DELETE")).toMatchObject({
      status: 200,
      json: { kind: "Status" },
    });
  });

  test("rule 39: includeObject says how much of each object comes along", async ({ server }) => {
    await server.create("a");
    const objectFor = async (include: string) =>
      (await server.ask(`${CONFIG_MAPS}?includeObject=${include}`, { headers: TABLE })).json.rows[0].object;
    expect(await objectFor("")).toMatchObject({ kind: "PartialObjectMetadata" });
    expect(await objectFor("Object")).toMatchObject({ kind: "ConfigMap" });
    expect(await objectFor("None")).toBeUndefined();
    const wrong = await server.ask(`${CONFIG_MAPS}?includeObject=Some`, { headers: TABLE });
    expect(wrong).toMatchObject({ status: 400 });
  });

  test("rule 41: only the metadata, of one and of all", async ({ server }) => {
    await server.create("a");
    const ask = (path: string, as: string) =>
      server.ask(path, { headers: { accept: `application/json;as=${as};v=v1;g=meta.k8s.io` } });
    expect((await ask(`${CONFIG_MAPS}/a`, "PartialObjectMetadata")).json.kind).toBe("PartialObjectMetadata");
    expect((await ask(CONFIG_MAPS, "PartialObjectMetadataList")).json).toMatchObject({
      kind: "PartialObjectMetadataList",
      items: [{ kind: "PartialObjectMetadata" }],
    });
    expect(await ask(CONFIG_MAPS, "PartialObjectMetadata")).toMatchObject({ status: 406 });
  });

  test("rule 22: every answer has an Audit-Id, and a client's own comes back", async ({ server }) => {
    const own = await server.ask("/api", { headers: { "audit-id": "my-id" } });
    expect(own.headers).toMatchObject({ "audit-id": "my-id", "cache-control": "no-cache, private" });
    const stranger = await server.ask("/nope", { headers: { authorization: "" } });
    expect(stranger.headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
    const odd = await server.ask("/api", { headers: { "audit-id": "a b<" } });
    expect(odd.headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("documents", () => {
  test("rules 4-7: discovery, aggregated for who asks, revalidated by its ETag", async ({ server }) => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    const all = await server.ask("/apis", { headers: { accept } });
    expect(all.headers["content-type"]).toContain("as=APIGroupDiscoveryList");
    expect(all.json.kind).toBe("APIGroupDiscoveryList");
    expect(all.headers["vary"]).toContain("Accept");
    const again = await server.ask("/apis", { headers: { accept, "if-none-match": all.headers.etag! } });
    expect(again).toMatchObject({ status: 304, text: "" });
    expect((await server.ask("/apis")).json.kind).toBe("APIGroupList");
    expect((await server.ask("/apis/tiltish.dev/v1alpha1/")).json.kind).toBe("APIResourceList");
    expect(await server.ask("/apis", { headers: { accept: "image/png" } })).toMatchObject({ status: 406 });
  });

  test("rules 10, 11: OpenAPI by its hash, in JSON or protobuf, and revalidated by its tag", async ({
    server,
  }) => {
    const index = await server.ask("/openapi/v3");
    const url = index.json.paths["apis/tiltish.dev/v1alpha1"].serverRelativeURL as string;
    const document = await server.ask(url);
    expect(document.json.openapi).toMatch(/^3/);
    expect(document.headers["cache-control"]).toContain("immutable");
    expect(await server.ask(url.replace(/hash=.*/, "hash=OLD"))).toMatchObject({ status: 301 });
    const known = await server.ask(url, { headers: { "if-none-match": `W/"x", ${document.headers.etag!}` } });
    expect(known).toMatchObject({ status: 304, text: "" });
    const accept = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
    const protobuf = await server.ask(url, { headers: { accept } });
    expect(protobuf.headers).toMatchObject({
      "content-type": "application/com.github.proto-openapi.spec.v3.v1.0+protobuf",
      vary: expect.stringContaining("Accept") as string,
    });
    expect(await server.ask(url, { headers: { accept: "image/png" } })).toMatchObject({
      status: 406,
      json: { kind: "Status", reason: "NotAcceptable" },
    });
  });

  test("rule 16: v2 is Swagger, in protobuf for who takes only that", async ({ server }) => {
    const accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const answer = await server.ask("/openapi/v2", { headers: { accept } });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    expect(answer.text.slice(0, 5)).toBe("\n\u00032.0");
    expect(answer.text).toContain("dev.tiltish.v1alpha1.LocalProcess");
    const json = await server.ask("/openapi/v2");
    expect(json.json.swagger).toBe("2.0");
    const known = await server.ask("/openapi/v2", { headers: { "if-none-match": json.headers.etag! } });
    expect(known).toMatchObject({ status: 304, text: "" });
  });

  test("rule 17: the version is semantic", async ({ server }) => {
    expect((await server.ask("/version")).json.gitVersion).toMatch(/^v1\.\d+\.\d+/);
  });

  test("rule 18: health, in words and by name", async ({ server }) => {
    expect((await server.ask("/readyz")).text).toBe("ok");
    expect((await server.ask("/livez?verbose")).text).toBe("[+]ping ok\nlivez check passed\n");
    expect(await server.ask("/readyz/nope")).toMatchObject({ status: 404 });
  });

  test("rule 109: one may do everything, and is told so", async ({ server }) => {
    const ask = (path: string, kind: string) =>
      server.ask(`/apis/${path}`, {
        method: "POST",
        body: { kind, spec: { resourceAttributes: { verb: "get" } } },
      });
    const access = await ask("authorization.k8s.io/v1/selfsubjectaccessreviews", "SelfSubjectAccessReview");
    expect(access).toMatchObject({ status: 201, json: { status: { allowed: true }, spec: {} } });
    const who = await ask("authentication.k8s.io/v1/selfsubjectreviews", "SelfSubjectReview");
    expect(who).toMatchObject({ status: 201, json: { status: { userInfo: { username: "tiltish" } } } });
  });
});
