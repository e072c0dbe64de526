import { describe, expect } from "vitest";
import type { ManagedFieldsEntry } from "../../../apis/meta.ts";
import { CONFIG_MAPS, configMap, localProcess, PROCESSES, test, type TestServer } from "./harness.ts";

const APPLY = { "content-type": "application/apply-patch+yaml" };

const apply = (server: TestServer, path: string, body: unknown, query = "fieldManager=me") =>
  server.ask(`${path}?${query}`, { method: "PATCH", body, headers: APPLY });

const managersOf = (json: { metadata: { managedFields?: ManagedFieldsEntry[] } }) =>
  json.metadata.managedFields?.map(({ manager }) => manager);

const YAML = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data: {x: "1"}
`;

describe("an apply", () => {
  test("rule 66: it creates with 201 and changes with 200, from YAML as from JSON", async ({ server }) => {
    const created = await apply(server, `${CONFIG_MAPS}/a`, YAML);
    expect(created).toMatchObject({ status: 201, json: { kind: "ConfigMap", data: { x: "1" } } });
    const changed = await apply(server, `${CONFIG_MAPS}/a`, { ...configMap("a"), data: { x: "2" } });
    expect(changed).toMatchObject({ status: 200, json: { data: { x: "2" } } });
    expect((await server.ask(`${CONFIG_MAPS}/a`)).json).toEqual(changed.json);
  });

  test("rule 28: its media type may have parameters", async ({ server }) => {
    const headers = { "content-type": "application/apply-patch+yaml; charset=utf-8" };
    const path = `${CONFIG_MAPS}/a?fieldManager=me`;
    expect(await server.ask(path, { method: "PATCH", body: YAML, headers })).toMatchObject({ status: 201 });
  });

  test.for<[what: string, body: string, message: RegExp]>([
    ["no YAML", "a: [", /not valid YAML/],
    ["two documents", "a: 1\n---\nb: 2", /not valid YAML/],
    ["an alias", "a: &x [1]\nb: *x", /not valid YAML/],
    ["a field twice", `${YAML}data: {}\n`, /not valid YAML/],
    ["nothing", "", /not valid YAML/],
    ["a list", "- 1", /must be an object/],
    ["too deep a tree", `${"{a: ".repeat(100)}1${"}".repeat(100)}`, /YAML|deeper/],
  ])("rule 66: %s is a 400", async ([, body, message], { server }) => {
    expect(await apply(server, `${CONFIG_MAPS}/a`, body)).toMatchObject({
      status: 400,
      json: { kind: "Status", message: expect.stringMatching(message) as string },
    });
  });

  test("rule 70: a conflict is a 409 that says which fields are whose", async ({ server }) => {
    await server.ask(`${PROCESSES}?fieldManager=creator`, { method: "POST", body: localProcess("a") });
    const wanted = { ...localProcess("a"), spec: { argv: ["other"] } };
    expect(await apply(server, `${PROCESSES}/a`, wanted)).toMatchObject({
      status: 409,
      json: {
        reason: "Conflict",
        message:
          'Apply failed with 1 conflict: conflict with "creator" using tiltish.dev/v1alpha1: .spec.argv',
        details: { causes: [{ reason: "FieldManagerConflict", field: ".spec.argv" }] },
      },
    });
    const forced = await apply(server, `${PROCESSES}/a`, wanted, "fieldManager=me&force=true");
    expect(forced).toMatchObject({ status: 200, json: { spec: { argv: ["other"] } } });
  });

  test("rules 58 and 59: one to the status owns the status alone", async ({ server }) => {
    const missing = await apply(server, `${PROCESSES}/a/status`, { ...localProcess("a"), status: {} });
    expect(missing).toMatchObject({ status: 404, json: { reason: "NotFound" } });
    await apply(server, `${PROCESSES}/a`, localProcess("a"));
    const { json } = await apply(server, `${PROCESSES}/a/status`, {
      ...localProcess("a"),
      status: { state: "Running" },
    });
    expect(json.status).toEqual({ state: "Running" });
    expect(json.metadata.managedFields[1]).toMatchObject({
      manager: "me",
      subresource: "status",
      fieldsV1: { "f:status": { "f:state": {} } },
    });
  });

  test("rule 38: it answers as a Table to who asks for one", async ({ server }) => {
    const headers = { ...APPLY, accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
    const path = `${CONFIG_MAPS}/a?fieldManager=me`;
    const table = await server.ask(path, { method: "PATCH", body: YAML, headers });
    expect(table).toMatchObject({ status: 201, json: { kind: "Table", rows: [{}] } });
  });

  test("rule 75: what the text of JSON gives twice is warned of, or refused", async ({ server }) => {
    const twice = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1"},"data":{"x":"2"}}`;
    const warned = await apply(server, `${CONFIG_MAPS}/a`, twice);
    expect(warned).toMatchObject({
      status: 201,
      headers: { warning: '299 - "duplicate field \\"data\\""' },
    });
    const strict = await apply(server, `${CONFIG_MAPS}/a`, twice, "fieldManager=me&fieldValidation=Strict");
    expect(strict).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("data") as string },
    });
  });

  test("rule 30: what a patch may be says a 415, for kinds of ours and of Kubernetes", async ({ server }) => {
    const ask = async (path: string) =>
      (await server.ask(path, { method: "PATCH", body: {}, headers: { "content-type": "text/plain" } })).json
        .message as string;
    for (const path of [`${PROCESSES}/a`, `${CONFIG_MAPS}/a`]) {
      expect(await ask(path)).toContain("application/apply-patch+yaml");
    }
  });
});

describe("the manager of a write", () => {
  const createWith = async (server: TestServer, headers: Record<string, string>, query = "") => {
    const { json } = await server.ask(CONFIG_MAPS + query, { method: "POST", body: configMap("a"), headers });
    return managersOf(json);
  };

  test("rule 71: it is the program that asks, up to its version", async ({ server }) => {
    const headers = { "user-agent": "kubectl/v1.34.0 (linux/amd64) kubernetes/abc" };
    expect(await createWith(server, headers)).toEqual(["kubectl"]);
  });

  test("rule 71: it is unknown of who does not say who it is", async ({ server }) => {
    expect(await createWith(server, {})).toEqual(["unknown"]);
  });

  test("rule 71: it is what the query says, if it says anything", async ({ server }) => {
    expect(await createWith(server, { "user-agent": "curl/8" }, "?fieldManager=")).toEqual(["curl"]);
    await server.ask(`${CONFIG_MAPS}/a`, { method: "DELETE" });
    expect(await createWith(server, { "user-agent": "curl/8" }, "?fieldManager=me")).toEqual(["me"]);
  });

  test("rule 71: of a program with a long name it is the beginning", async ({ server }) => {
    expect(await createWith(server, { "user-agent": "x".repeat(300) })).toEqual(["x".repeat(128)]);
  });

  test.for(["x".repeat(129), "a%0Ab", "a%09b"])("rule 71: %s is none", async (name, { server }) => {
    const path = `${CONFIG_MAPS}?fieldManager=${name}`;
    expect(await server.ask(path, { method: "POST", body: configMap("a") })).toMatchObject({
      status: 422,
      json: { reason: "Invalid" },
    });
  });
});

describe("managedFields that a client sends", () => {
  const put = (server: TestServer, managedFields: unknown) =>
    server.ask(`${CONFIG_MAPS}/a?fieldManager=putter`, {
      method: "PUT",
      body: { ...configMap("a"), metadata: { name: "a", managedFields } },
    });
  const entry = (fieldsV1: unknown, i = 0) => ({
    manager: `m${i}`,
    operation: "Apply",
    apiVersion: "v1",
    fieldsType: "FieldsV1",
    fieldsV1,
  });

  test("rule 72: are refused where they are no list, and left alone where they cannot be read", async ({
    server,
  }) => {
    await apply(server, `${CONFIG_MAPS}/a`, configMap("a"));
    expect(await put(server, "x")).toMatchObject({ status: 400 });
    for (const bad of [[null], [entry(5)], [entry({ "f:a": null })]]) {
      expect(managersOf((await put(server, bad)).json)).toEqual(["me"]);
    }
  });

  test("are taken in however many and however strange they are", async ({ server }) => {
    await apply(server, `${CONFIG_MAPS}/a`, configMap("a"));
    const many = Array.from({ length: 4_000 }, (_, i) => entry({ "f:data": { [`f:${i}`]: {} } }, i));
    expect(managersOf((await put(server, many)).json)).toHaveLength(4_000);
    expect(await apply(server, `${CONFIG_MAPS}/a`, configMap("a"))).toMatchObject({ status: 200 });
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`f:${i}`, {}]));
    expect(await put(server, [entry({ "f:data": wide })])).toMatchObject({ status: 200 });
    const odd = {
      "f:__proto__": {},
      "f:constructor": {},
      "k:{}": {},
      "v:": {},
      "i:0": {},
      "f:": { ".": {} },
    };
    expect((await put(server, [entry(odd)])).json.metadata.managedFields).toMatchObject([
      { manager: "m0", fieldsV1: { "f:": {}, "f:__proto__": {}, "f:constructor": {} } },
    ]);
  });

  test("of what is as deep as it may be, can be sent back", async ({ server }) => {
    const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const names = { kind: "Deep", listKind: "DeepList", plural: "deeps", singular: "deep" };
    const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } };
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "deeps.example.com" },
      spec: { group: "example.com", scope: "Namespaced", names, versions: [version] },
    };
    const path = "/apis/example.com/v1/namespaces/default/deeps/a?fieldManager=me";
    await server.ask("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      method: "POST",
      body: definition,
    });
    const deep = Array.from({ length: 62 }).reduce<object>((below) => ({ f: below }), {});
    const object = { apiVersion: "example.com/v1", kind: "Deep", metadata: { name: "a" }, deep };
    await expect.poll(async () => (await apply(server, path.split("?")[0]!, object)).status).toBe(200);
    const { json } = await server.ask(path);
    expect(json.deep).toEqual(deep);
    const body = { ...json, metadata: { ...json.metadata, labels: { a: "b" } } };
    expect(await server.ask(path, { method: "PUT", body })).toMatchObject({
      status: 200,
      json: { metadata: { labels: { a: "b" } } },
    });
  });

  test("rule 72: are kept by who sends the whole object back", async ({ server }) => {
    const { json } = await apply(server, `${CONFIG_MAPS}/a`, configMap("a"));
    const next = { ...json, data: { other: "1" } };
    const replaced = await server.ask(`${CONFIG_MAPS}/a?fieldManager=putter`, { method: "PUT", body: next });
    expect(managersOf(replaced.json)).toContain("putter");
  });
});
