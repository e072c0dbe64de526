import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import { bodyAt, get } from "./helpers.ts";

const responseKind = { group: "tiltish.dev", version: "v1alpha1", kind: "LocalProcess" };

test("rules 4, 5: the aggregated form tells everything at once, and says in its type that it is one", () => {
  const { contentType } = get("/apis", { aggregated: "v2" })!;
  expect(contentType).toBe("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  const body = bodyAt("/apis", { aggregated: "v2" });
  expect(body).toMatchObject({ kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2" });
  const ours = body.items.find(({ metadata }) => metadata.name === "tiltish.dev")!;
  expect(ours.versions[0]).toMatchObject({ version: "v1alpha1", freshness: "Current" });
  expect(ours.versions[0]!.resources).toContainEqual({
    resource: "localprocesses",
    responseKind,
    scope: "Namespaced",
    singularResource: "localprocess",
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    shortNames: ["lp"],
    categories: ["all", "tiltish"],
    subresources: [
      { subresource: "status", responseKind, verbs: ["get", "patch", "update"] },
      { subresource: "log", responseKind, verbs: ["get"] },
      { subresource: "trigger", responseKind, verbs: ["create"] },
    ],
  });
});

test("rule 4: who knows only v2beta1 gets it, under its name", () => {
  const { contentType, etag } = get("/apis", { aggregated: "v2beta1" })!;
  expect(contentType).toBe("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList");
  const beta = bodyAt("/apis", { aggregated: "v2beta1" });
  expect(beta).toMatchObject({ apiVersion: "apidiscovery.k8s.io/v2beta1" });
  expect(beta.items).toEqual(bodyAt("/apis", { aggregated: "v2" }).items);
  expect(etag).not.toBe(get("/apis", { aggregated: "v2" })!.etag);
});

test("rule 5: the aggregated core group has no name, and other paths are never aggregated", () => {
  const { items } = bodyAt("/api", { aggregated: "v2" });
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({ metadata: {}, versions: [{ version: "v1" }] });
  expect(get("/api/v1", { aggregated: "v2" })).toBe(get("/api/v1"));
});

test("rule 6: an aggregated document has a tag, which changes with the kinds and only with them", () => {
  const etag = (kinds = ALL_KINDS) => get("/apis", { aggregated: "v2", kinds })!.etag;
  expect(etag()).toMatch(/^"[0-9A-F]{32}"$/);
  expect(etag([...ALL_KINDS])).toBe(etag());
  expect(etag(ALL_KINDS.filter(({ kind }) => kind !== "CFAppSync"))).not.toBe(etag());
  expect(get("/apis")!.etag).toBeUndefined();
});

test("a document is made once for a list of kinds", () => {
  expect(get("/apis", { aggregated: "v2" })).toBe(get("/apis", { aggregated: "v2" }));
});
