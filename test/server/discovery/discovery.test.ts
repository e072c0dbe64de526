import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import { discoveryDocument } from "../../../server/discovery/index.ts";
import type { Kinds } from "../../../server/registry/types.ts";

const kindsOf = (kinds: readonly Kind[]): Kinds => ({ find: () => undefined, all: () => kinds });
const KINDS = kindsOf(ALL_KINDS);
const get = (path: string, aggregated = false) => discoveryDocument(KINDS, path, aggregated);

interface Entry {
  name: string;
  verbs: string[];
  [field: string]: unknown;
}
const resourcesOf = (path: string) => (get(path)!.body as { resources: Entry[] }).resources;
const named = (path: string, name: string) => resourcesOf(path).find((entry) => entry.name === name);

test("the core group has version v1, and groups name their versions", () => {
  expect(get("/api")!.body).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
  expect(get("/apis")!.body).toMatchObject({ kind: "APIGroupList", apiVersion: "v1" });
  const { groups } = get("/apis")!.body as { groups: { name: string }[] };
  expect(groups.map(({ name }) => name).toSorted()).toEqual([
    "apiextensions.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "coordination.k8s.io",
    "tiltish.dev",
  ]);
  expect(get("/apis/tiltish.dev")!.body).toEqual({
    kind: "APIGroup",
    apiVersion: "v1",
    name: "tiltish.dev",
    versions: [{ groupVersion: "tiltish.dev/v1alpha1", version: "v1alpha1" }],
    preferredVersion: { groupVersion: "tiltish.dev/v1alpha1", version: "v1alpha1" },
  });
});

test("a resource says how it is called, and its subresources are entries of their own", () => {
  const path = "/apis/tiltish.dev/v1alpha1";
  expect(named(path, "localprocesses")).toEqual({
    name: "localprocesses",
    singularName: "localprocess",
    namespaced: true,
    kind: "LocalProcess",
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    shortNames: ["lp"],
    categories: ["all", "tiltish"],
  });
  expect(named(path, "localprocesses/status")).toEqual({
    name: "localprocesses/status",
    singularName: "",
    namespaced: true,
    kind: "LocalProcess",
    verbs: ["get", "patch", "update"],
  });
  expect(named(path, "localprocesses/log")).toMatchObject({ kind: "LocalProcess", verbs: ["get"] });
  expect(named(path, "filewatches/log")).toBeUndefined();
});

test("tools find services, and may ask what they are allowed to do", () => {
  expect(named("/api/v1", "services")).toMatchObject({ kind: "Service", namespaced: true });
  expect(named("/api/v1", "namespaces")).toMatchObject({ namespaced: false, shortNames: ["ns"] });
  for (const name of ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]) {
    expect(named("/apis/authorization.k8s.io/v1", name)?.verbs).toEqual(["create"]);
  }
  expect(named("/apis/authentication.k8s.io/v1", "selfsubjectreviews")?.verbs).toEqual(["create"]);
});

test("a trailing slash changes nothing, an unknown path is not found", () => {
  for (const path of ["/api", "/apis", "/api/v1", "/apis/tiltish.dev", "/apis/tiltish.dev/v1alpha1"]) {
    expect(get(`${path}/`)).toBe(get(path));
    expect(get(path)!.contentType).toBe("application/json");
  }
  for (const path of ["/apis/none", "/apis/tiltish.dev/v1", "/api/v2", "/other", "/apis//"]) {
    expect(get(path)).toBeUndefined();
  }
});

test("the root lists every path of discovery", () => {
  const { paths } = get("/")!.body as { paths: string[] };
  expect(paths).toEqual(
    expect.arrayContaining(
      "/api /api/v1 /apis /apis/tiltish.dev /apis/tiltish.dev/v1alpha1 /healthz /livez /readyz /openapi/v2 /openapi/v3 /version".split(
        " ",
      ),
    ),
  );
});

test("the aggregated form tells everything at once, and says in its type that it is one", () => {
  const { body, contentType, etag } = get("/apis", true)!;
  expect(contentType).toBe("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  expect(etag).toMatch(/^"[0-9A-F]{32}"$/);
  expect(body).toMatchObject({ kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2" });
  const { items } = body as { items: { metadata: { name?: string }; versions: { resources: object[] }[] }[] };
  const ours = items.find(({ metadata }) => metadata.name === "tiltish.dev")!;
  const responseKind = { group: "tiltish.dev", version: "v1alpha1", kind: "LocalProcess" };
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
    ],
  });
});

test("the aggregated core group has no name, and other paths are never aggregated", () => {
  const { items } = get("/api", true)!.body as { items: { metadata: object; versions: object[] }[] };
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({ metadata: {}, versions: [{ version: "v1" }] });
  expect(get("/api/v1", true)).toBe(get("/api/v1"));
});

test("documents are made once for a list of kinds, and anew for another list", () => {
  expect(get("/apis", true)).toBe(get("/apis", true));
  const fewer = kindsOf(ALL_KINDS.filter(({ kind }) => kind !== "CFAppSync"));
  expect(discoveryDocument(fewer, "/apis", true)!.etag).not.toBe(get("/apis", true)!.etag);
});
