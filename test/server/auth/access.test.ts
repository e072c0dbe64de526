import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONFIG_MAPS, configMap, localProcess, PROCESSES, TestServer } from "../http/harness.ts";

/** Who asks, and how far it gets. */
type Caller = "full" | "reader" | "in default" | "with secrets" | "expired" | "deleted" | "garbage" | "none";

const [KNOWN, READERS, HERE]: Caller[][] = [
  ["full", "reader", "in default", "with secrets"],
  ["full", "reader", "with secrets"],
  ["full", "reader", "in default", "with secrets"],
];
const WITH_SECRETS: Caller[] = ["full", "with secrets"];
const ONLY_FULL: Caller[] = ["full"];
const EVERYBODY: Caller[] = [...KNOWN!, "expired", "deleted", "garbage", "none"];

const OTHER = "/api/v1/namespaces/other";
const REVIEWS = "/apis/authorization.k8s.io/v1";

/** A class of routes: what is asked, and who may. */
const ROUTES: [method: string, path: string, allowed: readonly Caller[]][] = [
  ["GET", CONFIG_MAPS, HERE!],
  ["HEAD", PROCESSES, HERE!],
  ["GET", `${CONFIG_MAPS}?watch=1`, HERE!],
  ["GET", `${CONFIG_MAPS}/a`, HERE!],
  ["GET", `${PROCESSES}/web`, HERE!],
  ["GET", `${PROCESSES}/web/status`, HERE!],
  ["GET", `${PROCESSES}/web/log`, HERE!],
  ["GET", "/api/v1/namespaces/default", HERE!],
  ["GET", "/api/v1/namespaces/default/status", HERE!],
  ["GET", "/api/v1/namespaces/default/services", HERE!],
  ["GET", "/api/v1/namespaces/default/nonsense", HERE!],

  ["GET", "/api/v1/configmaps", READERS!],
  ["GET", "/api/v1/configmaps?watch=1", READERS!],
  ["GET", `${OTHER}/configmaps`, READERS!],
  ["GET", `${OTHER}/configmaps/a`, READERS!],
  ["GET", OTHER, READERS!],
  ["GET", "/api/v1/namespaces", READERS!],
  ["GET", "/api/v1/namespaces?watch=1", READERS!],
  ["GET", "/apis/example.com/v1/widgets", READERS!],
  ["GET", `${REVIEWS}/selfsubjectaccessreviews`, READERS!],

  ["GET", "/api/v1/namespaces/default/secrets", WITH_SECRETS],
  ["GET", "/api/v1/namespaces/default/s%65crets", WITH_SECRETS],
  ["GET", "/api/v1/namespaces/default/secrets/", WITH_SECRETS],
  ["GET", "/api/v1/namespaces/default/secrets/a", WITH_SECRETS],
  ["HEAD", "/api/v1/namespaces/default/secrets/a", WITH_SECRETS],
  ["GET", "/api/v1/secrets?watch=1", WITH_SECRETS],
  ["GET", "/api/v1/watch/secrets", WITH_SECRETS],
  ["GET", "/api/v1/watch/namespaces/default/secrets/a", WITH_SECRETS],
  ["GET", "/api/v1/watch/namespaces/default/configmaps", HERE!],
  ["GET", "/api/v1/watch/configmaps", READERS!],

  ["POST", CONFIG_MAPS, ONLY_FULL],
  ["PUT", `${CONFIG_MAPS}/a`, ONLY_FULL],
  ["PATCH", `${CONFIG_MAPS}/a`, ONLY_FULL],
  ["PUT", `${PROCESSES}/web/status`, ONLY_FULL],
  ["PATCH", `${PROCESSES}/web/status`, ONLY_FULL],
  ["POST", `${PROCESSES}/web/trigger`, ONLY_FULL],
  ["DELETE", `${CONFIG_MAPS}/nobody`, ONLY_FULL],
  ["DELETE", `${OTHER}/events`, ONLY_FULL],
  ["POST", "/api/v1/namespaces", ONLY_FULL],
  ["POST", "/apis/example.com/v1/widgets", ONLY_FULL],
  ["OPTIONS", CONFIG_MAPS, ONLY_FULL],
  ["POST", "/api", ONLY_FULL],
  ["GET", "/nothing/of/ours", ONLY_FULL],
  ["GET", "/metrics", ONLY_FULL],

  ["GET", "/", KNOWN!],
  ["GET", "/api", KNOWN!],
  ["GET", "/apis/", KNOWN!],
  ["GET", "/apis/tiltish.dev/v1alpha1", KNOWN!],
  ["GET", "/openapi/v2", KNOWN!],
  ["GET", "/openapi/v3/api/v1", KNOWN!],
  ["POST", `${REVIEWS}/selfsubjectaccessreviews`, KNOWN!],
  ["POST", `${REVIEWS}/selfsubjectrulesreviews`, KNOWN!],
  ["POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", KNOWN!],

  ["GET", "/version", EVERYBODY],
  ["GET", "/healthz", EVERYBODY],
  ["GET", "/livez/ping", EVERYBODY],
  ["GET", "/readyz?verbose", EVERYBODY],
];

let server: TestServer;
const headers = new Map<string, Record<string, string>>();

beforeAll(async () => {
  const logSource = async function* () {
    yield Buffer.from("output\n");
  };
  server = await TestServer.start({ logSource });
  await server.create("a");
  await server.ask(PROCESSES, { method: "POST", body: localProcess("web") });
  const other = { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } };
  await server.ask("/api/v1/namespaces", { method: "POST", body: other });
  const have = (caller: Caller, secret: string) =>
    headers.set(caller, { authorization: secret && `Bearer ${secret}` });
  const create = (name: string, more: object = {}) =>
    server.tokens.create({ name, secrets: false, ...more }).secret;
  have("full", server.token);
  have("reader", create("reader"));
  have("in default", create("here", { namespace: "default" }));
  have("with secrets", create("all", { secrets: true }));
  have("expired", create("old", { ttlMs: 0 }));
  have("deleted", create("gone"));
  server.tokens.delete("gone");
  have("garbage", `reader.${"x".repeat(43)}`);
  have("none", "");
});

afterAll(() => server.stop());

describe.each([
  "full",
  "reader",
  "in default",
  "with secrets",
  "expired",
  "deleted",
  "garbage",
  "none",
] as const)("a caller that is %s", (caller) => {
  for (const [method, path, allowed] of ROUTES) {
    const refusal = KNOWN!.includes(caller) ? 403 : 401;
    const isAllowed = allowed.includes(caller);
    test(`${isAllowed ? "may" : `gets ${refusal} for`} ${method} ${path}`, async () => {
      const response = await server.open(path, { method, headers: headers.get(caller)! });
      response.destroy();
      const { statusCode } = response;
      if (isAllowed) expect([401, 403]).not.toContain(statusCode);
      else expect(statusCode).toBe(refusal);
    });
  }
});

test("rule 112: what has expired, been deleted or made up is told no more than who has no token", async () => {
  const answers = await Promise.all(
    (["expired", "deleted", "garbage", "none"] as const).map((caller) =>
      server.ask(CONFIG_MAPS, { headers: headers.get(caller)! }),
    ),
  );
  for (const { status, json } of answers) {
    expect([status, json]).toEqual([401, answers[0]!.json]);
    expect(json).toMatchObject({ message: "Unauthorized", reason: "Unauthorized" });
  }
});

describe("rule 113: 403 is in the words of Kubernetes", () => {
  const refused = async (method: string, path: string, caller: Caller = "reader") =>
    (await server.ask(path, { method, headers: headers.get(caller)! })).json;
  const user = 'User "tiltish:token:reader"';
  const inDefault = 'in the namespace "default"';

  test("of an object", async () => {
    expect(await refused("DELETE", `${PROCESSES}/web`)).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: `localprocesses.tiltish.dev "web" is forbidden: ${user} cannot delete resource "localprocesses" in API group "tiltish.dev" ${inDefault}`,
      reason: "Forbidden",
      details: { name: "web", group: "tiltish.dev", kind: "localprocesses" },
      code: 403,
    });
  });

  test.each([
    [
      "POST",
      CONFIG_MAPS,
      `configmaps is forbidden: ${user} cannot create resource "configmaps" in API group "" ${inDefault}`,
    ],
    [
      "PATCH",
      `${PROCESSES}/web/status`,
      `localprocesses.tiltish.dev "web" is forbidden: ${user} cannot patch resource "localprocesses/status" in API group "tiltish.dev" ${inDefault}`,
    ],
    [
      "DELETE",
      "/api/v1/namespaces/default",
      `namespaces "default" is forbidden: ${user} cannot delete resource "namespaces" in API group "" ${inDefault}`,
    ],
    [
      "DELETE",
      CONFIG_MAPS,
      `configmaps is forbidden: ${user} cannot deletecollection resource "configmaps" in API group "" ${inDefault}`,
    ],
    [
      "GET",
      "/api/v1/secrets?watch=true",
      `secrets is forbidden: ${user} cannot watch resource "secrets" in API group "" at the cluster scope`,
    ],
    [
      "GET",
      "/api/v1/secrets?fieldSelector=metadata.name%3Da",
      `secrets "a" is forbidden: ${user} cannot list resource "secrets" in API group "" at the cluster scope`,
    ],
    ["GET", "/metrics", `forbidden: ${user} cannot get path "/metrics"`],
    ["POST", "/apis", `forbidden: ${user} cannot post path "/apis"`],
  ])("of %s %s", async (method, path, message) => {
    expect(await refused(method, path)).toMatchObject({ code: 403, message });
  });

  test("of a namespace that the token is not for", async () => {
    expect(await refused("GET", `${OTHER}/configmaps`, "in default")).toMatchObject({
      message:
        'configmaps is forbidden: User "tiltish:token:here" cannot list resource "configmaps" in API group "" in the namespace "other"',
      details: { kind: "configmaps" },
    });
  });

  test("in YAML for who reads YAML (rule 29)", async () => {
    const answer = await server.ask(CONFIG_MAPS, {
      method: "DELETE",
      headers: { ...headers.get("reader")!, accept: "application/yaml" },
    });
    expect(answer).toMatchObject({ status: 403, headers: { "content-type": "application/yaml" } });
    expect(answer.text).toContain("reason: Forbidden\n");
  });
});

describe("rule 115: rights are checked before anything is read", () => {
  test("a body that is too large, or of no known type, is 403 and not 413 or 415", async () => {
    const own = headers.get("reader")!;
    const big = JSON.stringify(configMap("b", { x: "y".repeat(3 * 1024 * 1024) }));
    const ask = (more: object, body: string) =>
      server.ask(CONFIG_MAPS, { method: "POST", body, headers: { ...own, ...more } });
    expect(await ask({}, big)).toMatchObject({ status: 403 });
    expect(await ask({ "content-type": "text/plain" }, "x")).toMatchObject({ status: 403 });
    expect(await ask({ accept: "image/png" }, "x")).toMatchObject({ status: 403 });
    expect(await ask({ "transfer-encoding": "chunked" }, big)).toMatchObject({ status: 403 });
  });

  test("rule 113: impersonation is refused, whatever the token", async () => {
    for (const caller of KNOWN!) {
      const answer = await server.ask("/api", {
        headers: { ...headers.get(caller)!, "impersonate-user": "tiltish" },
      });
      expect(answer).toMatchObject({ status: 403 });
    }
  });

  test("a path that can name nothing is 400 for everybody", async () => {
    for (const caller of KNOWN!) {
      const answer = await server.ask("/api/v1/namespaces/..%2f/secrets", { headers: headers.get(caller)! });
      expect(answer).toMatchObject({ status: 400 });
    }
  });
});
