import { describe, expect, test } from "vitest";
import { AUTHENTICATION, AUTHORIZATION, canI, post, review, withOneServer } from "./asking.ts";

withOneServer();

describe("rule 109: SelfSubjectAccessReview says what the server would do", () => {
  const resources: [as: string, attributes: object, allowed: boolean][] = [
    ["full", { verb: "*", group: "*", resource: "*" }, true],
    [
      "full",
      { verb: "delete", group: "tiltish.dev", resource: "localprocesses", namespace: "default" },
      true,
    ],
    ["full", { verb: "impersonate", resource: "users" }, true],
    ["reader", { verb: "list", resource: "configmaps" }, true],
    ["reader", { verb: "watch", group: "tiltish.dev", resource: "localprocesses", namespace: "x" }, true],
    ["reader", { verb: "get", group: "tiltish.dev", resource: "localprocesses", subresource: "log" }, true],
    ["reader", { verb: "get", group: "tiltish.dev", resource: "*" }, true],
    ["reader", { verb: "get", group: "", resource: "*" }, false],
    ["reader", { verb: "get", group: "*", resource: "*" }, false],
    ["reader", { verb: "get", group: "*", resource: "secrets" }, false],
    ["reader", { verb: "get", group: "*", resource: "configmaps" }, true],
    ["reader", { verb: "*", resource: "configmaps" }, false],
    ["reader", { verb: "create", resource: "configmaps" }, false],
    ["reader", { verb: "get", resource: "secrets", name: "a" }, false],
    ["reader", { verb: "get", group: "example.com", resource: "secrets" }, true],
    ["reader", { verb: "create", group: "authorization.k8s.io", resource: "selfsubjectaccessreviews" }, true],
    ["reader", { verb: "create", group: "authorization.k8s.io", resource: "subjectaccessreviews" }, false],
    ["reader", { verb: "create", group: "authentication.k8s.io", resource: "tokenreviews" }, false],
    ["reader", {}, false],
    ["here", { verb: "get", resource: "configmaps", namespace: "default" }, true],
    ["here", { verb: "get", resource: "configmaps", namespace: "other" }, false],
    ["here", { verb: "list", resource: "configmaps" }, false],
    ["here", { verb: "get", resource: "namespaces", namespace: "default", name: "default" }, true],
    ["here", { verb: "list", resource: "namespaces" }, false],
    ["open", { verb: "get", group: "*", resource: "*" }, true],
    ["open", { verb: "update", resource: "secrets" }, false],
  ];
  test.each(resources)("%s asks for %j: %s", async (as, resourceAttributes, allowed) => {
    const { status, json } = await canI({ resourceAttributes }, { as });
    expect([status, json.status.allowed]).toEqual([201, allowed]);
    expect(typeof json.status.reason).toBe(allowed ? "string" : "undefined");
    expect(json).toMatchObject({
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes },
      metadata: {},
    });
  });

  const paths: [as: string, attributes: object, allowed: boolean][] = [
    ["full", { path: "/anything", verb: "put" }, true],
    ["reader", { path: "/apis/tiltish.dev", verb: "get" }, true],
    ["reader", { path: "/healthz", verb: "get" }, true],
    ["reader", { path: "/metrics", verb: "get" }, false],
    ["reader", { path: "/api", verb: "post" }, false],
    ["reader", { path: "/apiary", verb: "get" }, false],
    ["reader", { path: "*", verb: "get" }, false],
  ];
  test.each(paths)("%s asks for the path %j: %s", async (as, nonResourceAttributes, allowed) => {
    expect((await canI({ nonResourceAttributes }, { as })).json.status).toMatchObject({ allowed });
  });

  test("about a resource or about a path, and not about both or nothing", async () => {
    expect(await canI({})).toMatchObject({
      status: 422,
      json: {
        reason: "Invalid",
        message:
          'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified',
        details: { causes: [{ field: "spec.resourceAttributes", reason: "FieldValueInvalid" }] },
      },
    });
    expect(await canI({ resourceAttributes: {}, nonResourceAttributes: {} })).toMatchObject({
      status: 422,
      json: { details: { causes: [{ field: "spec.nonResourceAttributes" }] } },
    });
    expect(await post(`${AUTHORIZATION}/selfsubjectaccessreviews`, {})).toMatchObject({ status: 422 });
  });
});

describe("rule 109: SelfSubjectRulesReview lists what the server would allow", () => {
  const rulesFor = async (as: string, namespace?: string) =>
    post(`${AUTHORIZATION}/selfsubjectrulesreviews`, review("SelfSubjectRulesReview", { namespace }), { as });
  const basics = [
    { verbs: ["create"], apiGroups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"] },
    {
      verbs: ["create"],
      apiGroups: ["authorization.k8s.io"],
      resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    },
  ];
  const verbs = ["get", "list", "watch"];

  test("for the full token: everything", async () => {
    const { status, json } = await rulesFor("full", "default");
    expect([status, json.spec, json.status.incomplete]).toEqual([201, {}, false]);
    expect(json.status.resourceRules).toEqual([
      { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
      ...basics,
    ]);
    expect(json.status.nonResourceRules[0]).toEqual({ verbs: ["*"], nonResourceURLs: ["*"] });
  });

  test("for a token that may read: everything but Secrets", async () => {
    const { resourceRules, nonResourceRules } = (await rulesFor("reader", "other")).json.status;
    const [core, named, ...rest] = resourceRules;
    expect(core).toMatchObject({ verbs, apiGroups: [""] });
    expect(core.resources).toEqual(
      expect.arrayContaining(["configmaps", "events", "namespaces", "services"]),
    );
    expect(core.resources).not.toContain("secrets");
    expect(named).toMatchObject({ verbs, resources: ["*"] });
    expect(named.apiGroups).toContain("tiltish.dev");
    expect(rest).toEqual(basics);
    expect(nonResourceRules).toEqual([
      { verbs: ["get"], nonResourceURLs: expect.arrayContaining(["/api", "/api/*"]) as string[] },
    ]);
  });

  test("for a token of one namespace: there, and nowhere else", async () => {
    expect((await rulesFor("here", "default")).json.status.resourceRules).toHaveLength(4);
    const groups = (await rulesFor("here", "default")).json.status.resourceRules[1].apiGroups;
    expect(groups).toContain("tiltish.dev");
    expect(groups).not.toContain("apiextensions.k8s.io");
    expect((await rulesFor("here", "other")).json.status.resourceRules).toEqual(basics);
    expect((await rulesFor("open", "other")).json.status.resourceRules[0]).toEqual({
      verbs,
      apiGroups: ["*"],
      resources: ["*"],
    });
  });

  test("in a namespace that is named", async () => {
    const refused = { status: 400, json: { message: "no namespace on request", reason: "BadRequest" } };
    expect(await rulesFor("full")).toMatchObject(refused);
    expect(await rulesFor("full", "")).toMatchObject(refused);
  });

  test("as the server then does", async () => {
    for (const as of ["reader", "here", "open"]) {
      const { resourceRules } = (await rulesFor(as, "default")).json.status;
      for (const { verbs, apiGroups, resources } of resourceRules as Record<string, string[]>[]) {
        const [verb, group, resource] = [verbs![0], apiGroups![0], resources![0]];
        const answer = await canI(
          { resourceAttributes: { verb, group, resource, namespace: "default" } },
          { as },
        );
        expect([as, verb, group, resource, answer.json.status.allowed]).toEqual([
          as,
          verb,
          group,
          resource,
          true,
        ]);
      }
    }
  });
});

test("rule 109: SelfSubjectReview tells who asks", async () => {
  const whoAmI = async (as: string) =>
    (
      await post(
        `${AUTHENTICATION}/selfsubjectreviews`,
        review("SelfSubjectReview", {}, "authentication.k8s.io"),
        { as },
      )
    ).json;
  expect(await whoAmI("full")).toMatchObject({
    kind: "SelfSubjectReview",
    apiVersion: "authentication.k8s.io/v1",
    status: { userInfo: { username: "tiltish", groups: ["system:masters", "system:authenticated"] } },
  });
  expect(await whoAmI("reader")).toMatchObject({
    status: {
      userInfo: {
        username: "tiltish:token:reader",
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        groups: ["system:authenticated"],
      },
    },
  });
});
