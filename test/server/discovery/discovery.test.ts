import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import { REVIEW_KINDS } from "../../../apis/reviews/index.ts";
import { LocalProcess } from "../../../apis/v1alpha1/index.ts";
import { bodyAt, entryAt, get, like } from "./helpers.ts";

test("rule 1: the core group has version v1, and groups name their versions", () => {
  expect(bodyAt("/api")).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
  expect(bodyAt("/apis")).toMatchObject({ kind: "APIGroupList", apiVersion: "v1" });
  const { groups } = bodyAt("/apis");
  expect(groups.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["tiltish.dev", "authorization.k8s.io", "coordination.k8s.io"]),
  );
});

test("rule 2: a group tells its versions, and which to prefer", () => {
  expect(bodyAt("/apis/tiltish.dev")).toEqual({
    kind: "APIGroup",
    apiVersion: "v1",
    name: "tiltish.dev",
    versions: [{ groupVersion: "tiltish.dev/v1alpha1", version: "v1alpha1" }],
    preferredVersion: { groupVersion: "tiltish.dev/v1alpha1", version: "v1alpha1" },
  });
});

test("rule 3: a resource says how it is called, and its subresources are entries of their own", () => {
  const path = "/apis/tiltish.dev/v1alpha1";
  const hash = createHash("sha256").update("tiltish.dev/v1alpha1/LocalProcess").digest();
  expect(entryAt(path, "localprocesses")).toEqual({
    name: "localprocesses",
    singularName: "localprocess",
    namespaced: true,
    kind: "LocalProcess",
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    shortNames: ["lp"],
    categories: ["all", "tiltish"],
    storageVersionHash: hash.subarray(0, 8).toString("base64"),
  });
  expect(entryAt(path, "localprocesses/status")).toEqual({
    name: "localprocesses/status",
    singularName: "",
    namespaced: true,
    kind: "LocalProcess",
    verbs: ["get", "patch", "update"],
  });
  expect(entryAt(path, "localprocesses/log")).toMatchObject({ kind: "LocalProcess", verbs: ["get"] });
  expect(entryAt(path, "filewatches/log")).toBeUndefined();
});

test("rule 3: the hash of the storage version is the one that Kubernetes makes", () => {
  // As any cluster answers for ConfigMaps.
  expect(entryAt("/api/v1", "configmaps")).toMatchObject({ storageVersionHash: "qFsyl6wFWjQ=" });
});

test("rule 3: every version of a kind has the hash of the version that is stored", () => {
  const stored = like(LocalProcess, { group: "example.com", version: "v1", plural: "things" });
  const of = { group: "example.com", plural: "things" };
  const shown = { ...stored, version: "v1beta1", view: { of, read: (object: never) => object } };
  const hashAt = (version: string) =>
    entryAt(`/apis/example.com/${version}`, "things", { kinds: [stored, shown] })!.storageVersionHash;
  expect(hashAt("v1")).toMatch(/^[A-Za-z0-9+/]{11}=$/);
  expect(hashAt("v1beta1")).toBe(hashAt("v1"));
});

test("rules 108, 109: tools find services, and may ask what they are allowed to do", () => {
  expect(entryAt("/api/v1", "services")).toMatchObject({ kind: "Service", verbs: ["get", "list", "watch"] });
  expect(entryAt("/api/v1", "services")).not.toHaveProperty("storageVersionHash");
  expect(entryAt("/api/v1", "namespaces")).toMatchObject({ namespaced: false, shortNames: ["ns"] });
  for (const name of ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]) {
    expect(entryAt("/apis/authorization.k8s.io/v1", name)?.verbs).toEqual(["create"]);
  }
  expect(entryAt("/apis/authentication.k8s.io/v1", "selfsubjectreviews")?.verbs).toEqual(["create"]);
});

test("a kind that is stored comes in place of the virtual one of the same name", () => {
  const kinds = [...ALL_KINDS, { ...REVIEW_KINDS[0]!, verbs: ["get"] }];
  const { group, version, plural } = REVIEW_KINDS[0]!;
  expect(entryAt(`/apis/${group}/${version}`, plural, { kinds })!.verbs).toEqual(["get"]);
});

test("rule 2: a trailing slash changes nothing; rule 9: an unknown path is not found", () => {
  for (const path of ["/api", "/apis", "/api/v1", "/apis/tiltish.dev", "/apis/tiltish.dev/v1alpha1"]) {
    expect(get(`${path}/`)).toBe(get(path));
    expect(get(path)!.contentType).toBe("application/json");
  }
  for (const path of ["/apis/none", "/apis/tiltish.dev/v1", "/api/v2", "/other", "/apis//", "v2:/apis"]) {
    expect(get(path)).toBeUndefined();
  }
});

test("rule 8: the root lists every path of discovery", () => {
  const { paths } = bodyAt("/");
  expect(paths).toEqual(
    expect.arrayContaining(
      "/api /api/v1 /apis /apis/tiltish.dev /apis/tiltish.dev/v1alpha1 /healthz /livez /readyz /openapi/v2 /openapi/v3 /version".split(
        " ",
      ),
    ),
  );
});

test("the scale subresource shows a Scale of autoscaling", () => {
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const subresources = { status: true, log: false, scale };
  const kinds = [like(LocalProcess, { group: "example.com", subresources })];
  expect(entryAt("/apis/example.com/v1alpha1", "localprocesses/scale", { kinds })).toEqual({
    name: "localprocesses/scale",
    singularName: "",
    namespaced: true,
    group: "autoscaling",
    version: "v1",
    kind: "Scale",
    verbs: ["get", "patch", "update"],
  });
  const { items } = bodyAt("/apis", { kinds, aggregated: "v2" });
  const group = items.find(({ metadata }) => metadata.name === "example.com")!;
  expect(group.versions[0]!.resources[0]!.subresources).toContainEqual({
    subresource: "scale",
    responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
    verbs: ["get", "patch", "update"],
  });
});

test("nothing more can be written of a kind whose definition is being deleted", () => {
  const kinds = [
    like(LocalProcess, {
      group: "example.com",
      custom: { definition: { uid: "1", generation: 1 }, isTerminating: true },
    }),
  ];
  expect(entryAt("/apis/example.com/v1alpha1", "localprocesses", { kinds })!.verbs).toEqual([
    "delete",
    "deletecollection",
    "get",
    "list",
    "watch",
  ]);
});
