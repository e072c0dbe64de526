import { describe, expect, test } from "vitest";
import {
  AUTHENTICATION,
  AUTHORIZATION,
  post,
  review,
  secrets,
  server,
  withOneServer,
  type Asking,
} from "./asking.ts";

withOneServer();

describe("reviews of others are for the full token", () => {
  const canThey = async (spec: object, path = "subjectaccessreviews", kind = "SubjectAccessReview") =>
    post(`${AUTHORIZATION}/${path}`, review(kind, spec));
  const getMaps = { verb: "get", resource: "configmaps", namespace: "default" };
  const deleteMaps = { ...getMaps, verb: "delete" };

  test.each([
    ["tiltish", [], deleteMaps, true],
    ["tiltish:token:reader", [], getMaps, true],
    ["tiltish:token:reader", ["system:authenticated"], deleteMaps, false],
    ["tiltish:token:here", [], { ...getMaps, namespace: "other" }, false],
    ["tiltish:token:nobody", ["system:authenticated"], getMaps, false],
    ["tiltish:token:../../token", [], getMaps, false],
    ["jane", [], getMaps, false],
    ["jane", ["system:masters"], deleteMaps, true],
    ["", ["system:masters"], deleteMaps, true],
    [
      "jane",
      ["system:authenticated"],
      { verb: "create", group: "authorization.k8s.io", resource: "selfsubjectaccessreviews" },
      true,
    ],
  ])("SubjectAccessReview: user %j in %j, %j: %s", async (user, groups, resourceAttributes, allowed) => {
    const { status, json } = await canThey({ user, groups, resourceAttributes });
    expect([status, json.status.allowed]).toEqual([201, allowed]);
  });

  test("SubjectAccessReview: everybody may see health, and nothing else", async () => {
    const ask = async (path: string) =>
      (await canThey({ user: "jane", nonResourceAttributes: { path, verb: "get" } })).json.status.allowed;
    expect([await ask("/healthz"), await ask("/metrics"), await ask("/api")]).toEqual([true, false, false]);
  });

  test("SubjectAccessReview: of somebody", async () => {
    expect(await canThey({ resourceAttributes: getMaps })).toMatchObject({
      status: 422,
      json: { details: { causes: [{ field: "spec.user" }] } },
    });
  });

  test("LocalSubjectAccessReview: in its own namespace", async () => {
    const path = "namespaces/default/localsubjectaccessreviews";
    const ask = (spec: object) =>
      canThey({ user: "tiltish:token:here", ...spec }, path, "LocalSubjectAccessReview");
    expect(await ask({ resourceAttributes: getMaps })).toMatchObject({
      status: 201,
      json: { metadata: { namespace: "default" }, status: { allowed: true } },
    });
    expect(await ask({ resourceAttributes: { ...getMaps, namespace: "other" } })).toMatchObject({
      status: 422,
      json: {
        details: {
          causes: [
            {
              field: "spec.resourceAttributes.namespace",
              message: "Invalid value: must match metadata.namespace",
            },
          ],
        },
      },
    });
    expect(await ask({ nonResourceAttributes: { path: "/api", verb: "get" } })).toMatchObject({
      status: 422,
    });
    const elsewhere = {
      ...review("LocalSubjectAccessReview", { user: "x", resourceAttributes: getMaps }),
      metadata: { namespace: "other" },
    };
    expect(await post(`${AUTHORIZATION}/${path}`, elsewhere)).toMatchObject({ status: 400 });
  });

  const tokenReview = (token?: string, asking?: Asking) =>
    post(
      `${AUTHENTICATION}/tokenreviews`,
      review("TokenReview", { token, audiences: ["api"] }, "authentication.k8s.io"),
      asking,
    );

  test("TokenReview: tells whose a token is", async () => {
    expect((await tokenReview(server.token)).json.status).toEqual({
      authenticated: true,
      user: { username: "tiltish", groups: ["system:masters", "system:authenticated"] },
    });
    expect((await tokenReview(secrets["here"])).json.status).toMatchObject({
      authenticated: true,
      user: { username: "tiltish:token:here", groups: ["system:authenticated"] },
    });
    expect(await tokenReview(`${secrets["here"]}x`)).toMatchObject({
      status: 201,
      json: { status: { authenticated: false, user: {}, error: "invalid bearer token" } },
    });
    expect(await tokenReview("")).toMatchObject({
      status: 400,
      json: { message: "token is required for TokenReview in authentication" },
    });
  });

  test("who may only read may not ask them", async () => {
    expect(await tokenReview(server.token, { as: "reader" })).toMatchObject({
      status: 403,
      json: {
        message:
          'tokenreviews.authentication.k8s.io is forbidden: User "tiltish:token:reader" cannot create resource "tokenreviews" in API group "authentication.k8s.io" at the cluster scope',
      },
    });
    for (const path of ["subjectaccessreviews", "namespaces/default/localsubjectaccessreviews"]) {
      expect(await post(`${AUTHORIZATION}/${path}`, {}, { as: "open" })).toMatchObject({ status: 403 });
    }
  });
});
