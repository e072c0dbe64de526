import { describe, expect, test } from "vitest";
import { AUTHENTICATION, AUTHORIZATION, post, review, server, withOneServer } from "./asking.ts";

withOneServer();

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
