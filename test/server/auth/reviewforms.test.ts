import { describe, expect, test } from "vitest";
import { AUTHENTICATION, AUTHORIZATION, post, review, secrets, server, withOneServer } from "./asking.ts";

withOneServer();

/** A field of protobuf that holds text, or the fields of a message. All are short. */
const field = (number: number, ...parts: (string | Buffer)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
};

/** As Go clients send it. */
const protobuf = (apiVersion: string, kind: string, ...spec: Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from("k8s\0"),
    field(1, field(1, apiVersion), field(2, kind)),
    field(2, field(1), field(2, ...spec)),
  ]);

describe("reviews are asked as objects are created", () => {
  const spec = { resourceAttributes: { verb: "get", resource: "configmaps" } };
  const path = `${AUTHORIZATION}/selfsubjectaccessreviews`;
  const good = review("SelfSubjectAccessReview", spec);

  test("in YAML, and answered in YAML", async () => {
    const body = `kind: SelfSubjectAccessReview\nspec:\n  resourceAttributes: {verb: get, resource: pods}\n`;
    const headers = { "content-type": "application/yaml", accept: "application/yaml" };
    const answer = await post(path, body, { headers });
    expect(answer).toMatchObject({ status: 201, headers: { "content-type": "application/yaml" } });
    expect(answer.text).toContain("allowed: true\n");
  });

  test("rule 36: in protobuf, and answered in JSON", async () => {
    const type = "application/vnd.kubernetes.protobuf";
    const headers = { "content-type": type, accept: `${type},application/json` };
    const attributes = field(
      1,
      field(1, "default"),
      field(2, "get"),
      field(5, "configmaps"),
      field(8, field(1, "a=b")),
    );
    const extra = field(5, field(1, "scopes"), field(2, field(1, "one"), field(1, "two")));
    const subject = [attributes, field(3, "tiltish:token:here"), field(4, "group"), extra, field(6, "uid")];
    const asked = {
      resourceAttributes: {
        namespace: "default",
        verb: "get",
        resource: "configmaps",
        fieldSelector: { rawSelector: "a=b" },
      },
      user: "tiltish:token:here",
      groups: ["group"],
      extra: { scopes: ["one", "two"] },
      uid: "uid",
    };
    for (const [kind, at] of [
      ["SubjectAccessReview", "subjectaccessreviews"],
      ["LocalSubjectAccessReview", "namespaces/default/localsubjectaccessreviews"],
    ] as const) {
      const body = protobuf("authorization.k8s.io/v1", kind, ...subject);
      expect(await post(`${AUTHORIZATION}/${at}`, body, { headers })).toMatchObject({
        status: 201,
        json: { kind, spec: asked, status: { allowed: true } },
      });
    }
    const own = protobuf("authorization.k8s.io/v1", "SelfSubjectAccessReview", attributes);
    expect((await post(path, own, { headers, as: "open" })).json).toMatchObject({
      status: { allowed: true },
    });
    const token = protobuf(
      "authentication.k8s.io/v1",
      "TokenReview",
      field(1, secrets["here"]!),
      field(2, "api"),
    );
    expect(await post(`${AUTHENTICATION}/tokenreviews`, token, { headers })).toMatchObject({
      status: 201,
      json: {
        spec: { audiences: ["api"] },
        status: { authenticated: true, user: { username: "tiltish:token:here" } },
      },
    });
  });

  test("with the options of a create", async () => {
    const query = "dryRun=All&fieldManager=me&fieldValidation=Strict&pretty=true";
    expect(await post(`${path}?${query}`, good)).toMatchObject({
      status: 201,
      json: { status: { allowed: true } },
    });
    expect(await post(`${path}?dryRun=Some`, good)).toMatchObject({ status: 422 });
    expect(await post(`${path}?fieldManager=${"x".repeat(129)}`, good)).toMatchObject({ status: 422 });
    const more = { ...good, spec: { ...spec, colour: "red" } };
    expect(await post(`${path}?fieldValidation=Strict`, more)).toMatchObject({
      status: 400,
      json: { message: 'strict decoding error: unknown field "spec.colour"' },
    });
    const warned = await post(path, more);
    expect(warned).toMatchObject({
      status: 201,
      headers: { warning: '299 - "unknown field \\"spec.colour\\""' },
    });
    expect(warned.json.spec).toEqual(spec);
  });

  test("as a table they cannot be shown", async () => {
    const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    expect(await post(path, good, { headers: { accept: table } })).toMatchObject({ status: 406 });
    expect(await post(path, good, { headers: { accept: `${table},application/json` } })).toMatchObject({
      status: 201,
      json: { kind: "SelfSubjectAccessReview" },
    });
  });

  test("what is none of them is refused", async () => {
    for (const [more, status] of [
      [{ kind: "ConfigMap" }, 400],
      [{ apiVersion: "authorization.k8s.io/v1beta1" }, 400],
      [{ spec: 1 }, 422],
      [{ spec: { resourceAttributes: { verb: 1 } } }, 422],
      [{ spec: { resourceAttributes: "all" } }, 422],
      [{ metadata: { name: "a" } }, 422],
      [{ metadata: 1 }, 400],
    ] as const) {
      expect([more, (await post(path, { ...good, ...more })).status]).toEqual([more, status]);
    }
    for (const body of ["", "null", "[]", "{"]) expect(await post(path, body)).toMatchObject({ status: 400 });
    expect(await post(path, "x", { headers: { "content-type": "text/plain" } })).toMatchObject({
      status: 415,
    });
  });

  test("what a client sends as the answer does not count", async () => {
    const answered = {
      ...review("SelfSubjectAccessReview", { resourceAttributes: { verb: "delete" } }),
      status: { allowed: true },
    };
    expect((await post(path, answered, { as: "reader" })).json.status).toEqual({ allowed: false });
    const rules = {
      ...review("SelfSubjectRulesReview", { namespace: "x" }),
      status: { resourceRules: null },
    };
    expect(await post(`${AUTHORIZATION}/selfsubjectrulesreviews`, rules)).toMatchObject({ status: 201 });
  });

  test("they can be created, where they belong, and nothing else", async () => {
    const statusOf = async (method: string, at: string) =>
      (await server.ask(at, { method, body: good })).status;
    expect(await statusOf("GET", path)).toBe(405);
    expect(await statusOf("DELETE", path)).toBe(405);
    expect(await statusOf("GET", `${path}/a`)).toBe(404);
    expect(await statusOf("POST", `${AUTHORIZATION}/namespaces/default/selfsubjectaccessreviews`)).toBe(404);
    expect(await statusOf("POST", `${AUTHORIZATION}/localsubjectaccessreviews`)).toBe(404);
    expect(await statusOf("POST", "/apis/authorization.k8s.io/v1beta1/selfsubjectaccessreviews")).toBe(404);
    expect(await statusOf("POST", `${AUTHORIZATION}/constructor`)).toBe(404);
  });

  test("discovery lists them all", async () => {
    const namesIn = async (at: string) =>
      ((await server.ask(at)).json.resources as { name: string }[]).map(({ name }) => name).toSorted();
    expect(await namesIn(AUTHORIZATION)).toEqual([
      "localsubjectaccessreviews",
      "selfsubjectaccessreviews",
      "selfsubjectrulesreviews",
      "subjectaccessreviews",
    ]);
    expect(await namesIn(AUTHENTICATION)).toEqual(["selfsubjectreviews", "tokenreviews"]);
  });
});
