import { expect, test } from "vitest";
import { resourcePathOf } from "../../../server/http/requestinfo.ts";

const NONE = { group: "", version: "v1", namespace: "", name: "", subresource: "" };

test.each([
  ["/api/v1/configmaps", { plural: "configmaps" }],
  ["/api/v1/namespaces", { plural: "namespaces" }],
  ["/api/v1/namespaces/a", { plural: "namespaces", name: "a" }],
  ["/api/v1/namespaces/a/status", { plural: "namespaces", name: "a", subresource: "status" }],
  ["/api/v1/namespaces/a/configmaps", { plural: "configmaps", namespace: "a" }],
  ["/api/v1/namespaces/a/configmaps/", { plural: "configmaps", namespace: "a" }],
  ["/api/v1/namespaces/a/configmaps/b", { plural: "configmaps", namespace: "a", name: "b" }],
  [
    "/api/v1/namespaces/a/configmaps/b/status",
    {
      plural: "configmaps",
      namespace: "a",
      name: "b",
      subresource: "status",
    },
  ],
  ["/apis/x.dev/v2/things/b", { group: "x.dev", version: "v2", plural: "things", name: "b" }],
  ["/apis/x.dev/v2/namespaces/a/things", { group: "x.dev", version: "v2", plural: "things", namespace: "a" }],
  ["/api/v1/configmaps/%62", { plural: "configmaps", name: "b" }],
])("%s names a resource", (path, expected) => {
  expect(resourcePathOf(path)).toEqual({ ...NONE, ...expected });
});

test.each([
  "/",
  "/api",
  "/apis/",
  "/apis/x.dev",
  "/apis/x.dev/v1",
  "/api/v1",
  "/version",
  "/openapi/v3/apis/x/v1",
  "/api/v1/namespaces/a/configmaps/b/status/more",
])("%s names none", (path) => {
  expect(resourcePathOf(path)).toBeUndefined();
});

test.each([
  "/api/v1/configmaps/..%2f..%2fetc",
  "/api/v1/configmaps/..",
  "/api/v1/configmaps/%2e%2e",
  "/api/v1/configmaps/a%00b",
  "/api/v1/configmaps/a%25b",
  "/api/v1/configmaps/%zz",
  "/api/v1/configmaps/%ff",
  "/api/v1//configmaps",
  `/api/v1/configmaps/${"a".repeat(254)}`,
  "/api/v1/configmaps/a%5cb",
  "/api/v1/configmaps/a%0d%0ab",
])("%s can be no name", (path) => {
  expect(() => resourcePathOf(path)).toThrow(expect.objectContaining({ code: 400 }));
});
