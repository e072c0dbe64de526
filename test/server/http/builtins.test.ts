import { describe, expect } from "vitest";
import { CONFIG_MAPS, PROCESSES, test } from "./harness.ts";

const CORE = "/api/v1/namespaces";
const IN_DEFAULT = `${CORE}/default`;
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const lease = (name: string, spec: object = {}, metadata: object = {}) => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name, ...metadata },
  spec,
});
const core = (kind: string, name: string, fields: object = {}, metadata: object = {}) => ({
  apiVersion: "v1",
  kind,
  metadata: { name, ...metadata },
  ...fields,
});
const about = { involvedObject: { namespace: "default", name: "x", kind: "ConfigMap" } };
const post = (body: unknown) => ({ method: "POST", body });
const put = (body: unknown) => ({ method: "PUT", body });
const patch = (type: string, body: unknown) => ({
  method: "PATCH",
  body,
  headers: { "content-type": `application/${type}+json` },
});
const fieldsOf = ({ json }: { json: { details?: { causes?: { field: string }[] } } }) =>
  (json.details?.causes ?? []).map(({ field }) => field);

describe("a replacement", () => {
  test("of a Lease or a definition must say which state it replaces; of a ConfigMap it need not", async ({
    server,
  }) => {
    await server.ask(LEASES, post(lease("lead", { holderIdentity: "a" })));
    const stolen = await server.ask(`${LEASES}/lead`, put(lease("lead", { holderIdentity: "b" })));
    expect(stolen).toMatchObject({ status: 422, json: { reason: "Invalid" } });
    expect(fieldsOf(stolen)).toEqual(["metadata.resourceVersion"]);
    const { json } = await server.ask(`${LEASES}/lead`);
    const renewed = { ...json, spec: { ...json.spec, leaseTransitions: 1 } };
    expect(await server.ask(`${LEASES}/lead`, put(renewed))).toMatchObject({ status: 200 });
    expect(await server.ask(`${LEASES}/lead`, put(renewed))).toMatchObject({ status: 409 });
    await server.create("a");
    expect(await server.ask(`${CONFIG_MAPS}/a`, put(core("ConfigMap", "a")))).toMatchObject({ status: 200 });
  });

  test("of a definition must say which state it replaces", async ({ server }) => {
    const names = { kind: "Thing", plural: "things" };
    const schema = { openAPIV3Schema: { type: "object" } };
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names,
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    };
    await server.ask(DEFINITIONS, post(definition));
    expect(await server.ask(`${DEFINITIONS}/things.example.com`, put(definition))).toMatchObject({
      status: 422,
    });
  });

  test("of a Lease or an Event that is not there creates it", async ({ server }) => {
    expect(await server.ask(`${LEASES}/new`, put(lease("new")))).toMatchObject({ status: 201 });
    const event = core("Event", "new", about);
    expect(await server.ask(`${IN_DEFAULT}/events/new`, put(event))).toMatchObject({ status: 201 });
    const newer = {
      ...core("Event", "newer", {
        regarding: about.involvedObject,
        eventTime: "2026-01-01T00:00:00.000000Z",
        reportingController: "example.com/a",
        reportingInstance: "a",
        action: "Test",
        reason: "Test",
        type: "Normal",
      }),
      apiVersion: "events.k8s.io/v1",
    };
    const newerEvents = "/apis/events.k8s.io/v1/namespaces/default/events";
    expect(await server.ask(`${newerEvents}/newer`, put(newer))).toMatchObject({ status: 201 });
    const seen = lease("gone", {}, { resourceVersion: "1" });
    expect(await server.ask(`${LEASES}/gone`, put(seen))).toMatchObject({ status: 404 });
    expect(await server.ask(`${CONFIG_MAPS}/none`, put(core("ConfigMap", "none")))).toMatchObject({
      status: 404,
    });
  });
});

describe("numbers", () => {
  test("rule 50: that fit into no 32 bits cannot be read by clients, and are refused", async ({ server }) => {
    const event = core("Event", "big", { ...about, count: 3_000_000_000 });
    expect(await server.ask(`${IN_DEFAULT}/events`, post(event))).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("count") as string },
    });
    const long = lease("long", { leaseDurationSeconds: 2 ** 31 });
    expect(await server.ask(LEASES, post(long))).toMatchObject({ status: 400 });
    const longest = lease("longest", { leaseDurationSeconds: 2 ** 31 - 1 });
    expect(await server.ask(LEASES, post(longest))).toMatchObject({ status: 201 });
  });

  test("that would be rounded are refused, in JSON, YAML and patches", async ({ server }) => {
    const text = (number: string) =>
      `{"apiVersion":"tiltish.dev/v1alpha1","kind":"LocalProcess","metadata":{"name":"n"},"spec":{"argv":["true"],"maxRestarts":${number}}}`;
    const send = (body: string, type = "application/json") =>
      server.ask(PROCESSES, { method: "POST", body, headers: { "content-type": type } });
    for (const number of ["9007199254740993", "9223372036854775807"]) {
      const refused = { status: 400, json: { message: expect.stringContaining("exactly") as string } };
      expect(await send(text(number))).toMatchObject(refused);
      expect(await send(text(number), "application/yaml")).toMatchObject(refused);
    }
    expect(await send(text("9007199254740992"))).toMatchObject({ status: 201 });
    const rounded = '{"spec":{"maxRestarts":9007199254740993}}';
    const merge = {
      method: "PATCH",
      body: rounded,
      headers: { "content-type": "application/merge-patch+json" },
    };
    expect(await server.ask(`${PROCESSES}/n`, merge)).toMatchObject({ status: 400 });
    const words = '{"metadata":{"annotations":{"a":"9007199254740993"}}}';
    expect(await server.ask(`${PROCESSES}/n`, { ...merge, body: words })).toMatchObject({ status: 200 });
  });
});

describe("a delete", () => {
  test("rule 100: looks at preconditions in the query as well", async ({ server }) => {
    await server.create("a");
    expect(await server.ask(`${CONFIG_MAPS}/a?uid=other`, { method: "DELETE" })).toMatchObject({
      status: 409,
    });
    expect(await server.ask(`${CONFIG_MAPS}/a?resourceVersion=1`, { method: "DELETE" })).toMatchObject({
      status: 409,
    });
    const { uid } = (await server.ask(`${CONFIG_MAPS}/a`)).json.metadata;
    expect(await server.ask(`${CONFIG_MAPS}/a?uid=${uid}`, { method: "DELETE" })).toMatchObject({
      status: 200,
    });
  });
});

describe("a Namespace", () => {
  test("that is being deleted is held by its spec, whatever is said of its metadata", async ({ server }) => {
    await server.ask(CORE, post(core("Namespace", "n", {}, { finalizers: ["example.com/a"] })));
    const { json } = await server.ask(`${CORE}/n`);
    expect(json.spec).toEqual({ finalizers: ["kubernetes"] });
    await server.ask(`${CORE}/n`, { method: "DELETE" });
    const emptied = { metadata: { finalizers: null }, spec: { finalizers: null } };
    expect(await server.ask(`${CORE}/n`, patch("merge-patch", emptied))).toMatchObject({
      status: 200,
      json: { spec: { finalizers: ["kubernetes"] }, status: { phase: "Terminating" } },
    });
    await server.ask(`${CORE}/n`, put(core("Namespace", "n")));
    const held = (await server.ask(`${CORE}/n`)).json;
    expect(held.spec).toEqual({ finalizers: ["kubernetes"] });
    const made = await server.ask(`${CORE}/n/configmaps`, post(core("ConfigMap", "late")));
    expect(made).toMatchObject({ status: 403 });
  });

  test("is let go of through /finalize alone", async ({ server }) => {
    await server.ask(CORE, post(core("Namespace", "n")));
    await server.ask(`${CORE}/n`, { method: "DELETE" });
    const { json } = await server.ask(`${CORE}/n`);
    expect(await server.ask(`${CORE}/n/finalize`, patch("merge-patch", {}))).toMatchObject({ status: 405 });
    const stale = { ...json, metadata: { ...json.metadata, resourceVersion: "1" }, spec: {} };
    expect(await server.ask(`${CORE}/n/finalize`, put(stale))).toMatchObject({ status: 409 });
    expect(await server.ask(`${CORE}/n/finalize`, put({ ...json, spec: {} }))).toMatchObject({ status: 200 });
    expect(await server.ask(`${CORE}/n`)).toMatchObject({ status: 404 });
    const { json: resources } = await server.ask("/api/v1");
    expect(resources.resources).toContainEqual(
      expect.objectContaining({ name: "namespaces/finalize", verbs: ["update"] }),
    );
  });

  test("can be selected by its phase", async ({ server }) => {
    await server.ask(CORE, post(core("Namespace", "n", {}, { finalizers: ["example.com/a"] })));
    await server.ask(`${CORE}/n`, { method: "DELETE" });
    const { json } = await server.ask(`${CORE}?fieldSelector=status.phase%3DActive`);
    expect(json.items).toMatchObject([{ metadata: { name: "default" } }]);
  });
});

describe("a Secret", () => {
  const SECRETS = `${IN_DEFAULT}/secrets`;
  const secret = (type: string, fields: object = {}) => core("Secret", "s", { type, ...fields });

  test("of a type that programs know has what they look for", async ({ server }) => {
    const missing: [type: string, fields: string[]][] = [
      ["kubernetes.io/tls", ["data[tls.crt]", "data[tls.key]"]],
      ["kubernetes.io/dockercfg", ["data[.dockercfg]"]],
      ["kubernetes.io/dockerconfigjson", ["data[.dockerconfigjson]"]],
      ["kubernetes.io/basic-auth", ["data[username]", "data[password]"]],
      ["kubernetes.io/ssh-auth", ["data[ssh-privatekey]"]],
      ["kubernetes.io/service-account-token", ["metadata.annotations[kubernetes.io/service-account.name]"]],
    ];
    for (const [type, fields] of missing) {
      const refused = await server.ask(SECRETS, post(secret(type)));
      expect([type, refused.status, fieldsOf(refused)]).toEqual([type, 422, fields]);
    }
    const noJson = secret("kubernetes.io/dockerconfigjson", {
      stringData: { ".dockerconfigjson": "s3cret" },
    });
    const refused = await server.ask(SECRETS, post(noJson));
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.json)).not.toContain("s3cret");
    const good = secret("kubernetes.io/basic-auth", { stringData: { username: "u" } });
    expect(await server.ask(SECRETS, post(good))).toMatchObject({ status: 201 });
  });

  test("may be of any type that nobody knows, whatever its name means elsewhere", async ({ server }) => {
    for (const [index, type] of ["__proto__", "constructor", "toString"].entries()) {
      const object = core("Secret", `s${index}`, { type, data: { a: "Zm9v" } });
      expect(await server.ask(SECRETS, post(object))).toMatchObject({ status: 201, json: { type } });
    }
  });

  test("keeps its type, and base64 in one line", async ({ server }) => {
    await server.ask(SECRETS, post(secret("a/b", { data: { x: "Zm9v\nYmFy\n" } })));
    expect((await server.ask(`${SECRETS}/s`)).json.data).toEqual({ x: "Zm9vYmFy" });
    const changed = await server.ask(`${SECRETS}/s`, patch("merge-patch", { type: "c/d" }));
    expect([changed.status, fieldsOf(changed)]).toEqual([422, ["type"]]);
  });
});

test("a ConfigMap has each key once, none that leads elsewhere, and not too much", async ({ server }) => {
  const asked = async (fields: object) => {
    const refused = await server.ask(CONFIG_MAPS, post(core("ConfigMap", "c", fields)));
    return [refused.status, fieldsOf(refused)];
  };
  expect(await asked({ data: { a: "1" }, binaryData: { a: "Zm9v" } })).toEqual([422, ["data[a]"]]);
  expect(await asked({ data: { "..": "1", "..a": "2", ".": "3", ".a": "4" } })).toEqual([
    422,
    ["data[..]", "data[..a]", "data[.]"],
  ]);
  expect((await asked({ data: { a: "x".repeat(1_048_577) } }))[0]).toBe(422);
});

describe("an owner", () => {
  const owner = (fields: object = {}) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    name: "o",
    uid: "1",
    ...fields,
  });
  const owned = (...owners: object[]) => core("ConfigMap", "c", {}, { ownerReferences: owners });

  test("that is given twice is kept once, with a warning", async ({ server }) => {
    const made = await server.ask(CONFIG_MAPS, post(owned(owner(), owner(), owner({ uid: "2" }))));
    expect(made.json.metadata.ownerReferences).toEqual([owner(), owner({ uid: "2" })]);
    expect(made.headers.warning).toContain("more than once");
  });

  test("must be of a version, and no Event", async ({ server }) => {
    for (const apiVersion of ["/", "v1/", "a/b/c"])
      expect(await server.ask(CONFIG_MAPS, post(owned(owner({ apiVersion }))))).toMatchObject({
        status: 422,
      });
    expect(await server.ask(CONFIG_MAPS, post(owned(owner({ kind: "Event" }))))).toMatchObject({
      status: 422,
    });
  });
});

describe("a patch", () => {
  const held = core("ConfigMap", "c", { data: { x: "1" } }, { finalizers: ["a/1", "a/2", "a/3"] });
  const json = (...operations: object[]) => patch("json-patch", operations);
  const DRY = `${CONFIG_MAPS}/c?dryRun=All`;

  test("may ask that something is not there, and name places from the end", async ({ server }) => {
    await server.ask(CONFIG_MAPS, post(held));
    const absent = { op: "test", path: "/data/nope", value: null };
    expect(await server.ask(DRY, json(absent))).toMatchObject({ status: 200 });
    const present = { op: "test", path: "/data/x", value: null };
    expect(await server.ask(DRY, json(present))).toMatchObject({ status: 422 });
    const finalizers = async (operation: object) =>
      (await server.ask(DRY, json(operation))).json.metadata?.finalizers;
    const path = "/metadata/finalizers/-1";
    expect(await finalizers({ op: "remove", path })).toEqual(["a/1", "a/2"]);
    expect(await finalizers({ op: "add", path, value: "z/1" })).toEqual(["a/1", "a/2", "a/3", "z/1"]);
    expect(await finalizers({ op: "replace", path, value: "z/1" })).toEqual(["a/1", "a/2", "z/1"]);
    for (const step of ["-4", "-0", "-01", "3"])
      expect(
        await server.ask(DRY, json({ op: "remove", path: `/metadata/finalizers/${step}` })),
      ).toMatchObject({
        status: 422,
      });
  });

  test("that takes away what an object is says so", async ({ server }) => {
    await server.ask(CONFIG_MAPS, post(held));
    const refused = await server.ask(DRY, json({ op: "replace", path: "", value: {} }));
    expect(refused.status).toBe(422);
    expect(refused.json.message).toContain("Required value");
    expect(refused.json.message).not.toContain("undefined");
  });

  test("that moves the items of long lists again and again is refused", async ({ server }) => {
    const argv = Array.from({ length: 150_000 }, () => "x");
    const made = {
      apiVersion: "tiltish.dev/v1alpha1",
      kind: "LocalProcess",
      metadata: { name: "l" },
      spec: { argv },
    };
    expect(await server.ask(PROCESSES, post(made))).toMatchObject({ status: 201 });
    const move = { op: "move", from: "/spec/argv/0", path: "/spec/argv/5" };
    const moves = Array.from({ length: 10_000 }, () => move);
    expect(await server.ask(`${PROCESSES}/l`, json(...moves))).toMatchObject({ status: 413 });
    expect(await server.ask(`${PROCESSES}/l`, json(move))).toMatchObject({ status: 200 });
  });

  test("rule 62: may say in which order the items of a merged list come", async ({ server }) => {
    await server.ask(CONFIG_MAPS, post(held));
    const metadata = { "$setElementOrder/finalizers": ["a/3", "a/2", "a/1"], finalizers: ["a/3"] };
    const { json: ordered } = await server.ask(DRY, patch("strategic-merge-patch", { metadata }));
    expect(ordered.metadata.finalizers).toEqual(["a/3", "a/2", "a/1"]);
  });
});

describe("a list", () => {
  test("of labels greater or smaller than a number is what it says", async ({ server }) => {
    for (const n of ["4", "6", "10", "x"])
      await server.ask(CONFIG_MAPS, post(core("ConfigMap", `n${n}`, {}, { labels: { n } })));
    const names = async (selector: string) =>
      (await server.ask(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent(selector)}`)).json.items.map(
        ({ metadata }: { metadata: { name: string } }) => metadata.name,
      );
    expect(await names("n>5")).toEqual(["n10", "n6"]);
    expect(await names("n < 10,n")).toEqual(["n4", "n6"]);
    for (const selector of ["n>x", "n>", "n>=5"])
      expect(await server.ask(`${CONFIG_MAPS}?labelSelector=${encodeURIComponent(selector)}`)).toMatchObject({
        status: 400,
      });
  });

  test("rule 78: at a revision that is no number is a mistake of the client", async ({ server }) => {
    const far = `${CONFIG_MAPS}?resourceVersion=99999999999999999999999`;
    expect(await server.ask(far)).toMatchObject({ status: 400 });
    expect(await server.ask(`${far}&watch=1`)).toMatchObject({ status: 400 });
  });
});
