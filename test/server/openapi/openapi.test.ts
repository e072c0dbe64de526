import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import {
  custom,
  documentAt,
  everyValue,
  get,
  jsonAt,
  type Json,
  methodsAt,
  operationsAt,
  schemasAt,
  SERVED,
} from "./helpers.ts";

const pathOf = ({ group, version }: { group: string; version: string }) =>
  group ? `apis/${group}/${version}` : `api/${version}`;
const V3 = [...new Set(SERVED.map(pathOf))].toSorted();

test("rule 10: the index names a document for every group version, by its hash", () => {
  const { paths } = jsonAt("/openapi/v3") as { paths: Record<string, { serverRelativeURL: string }> };
  expect(Object.keys(paths)).toEqual(V3);
  expect(V3).toEqual(expect.arrayContaining(["api/v1", "apis/tiltish.dev/v1alpha1"]));
  expect(paths["api/v1"]!.serverRelativeURL).toMatch(/^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{32}$/);
});

test("rule 11: a document asked for by its hash may be kept for ever; an old hash leads to the new one", () => {
  const plain = get("/openapi/v3/api/v1")!;
  expect(plain.headers).not.toHaveProperty("Cache-Control");
  const hash = plain.etag.slice(1, -1);
  const kept = get("/openapi/v3/api/v1", { query: { hash } })!;
  expect(kept).toMatchObject({ etag: plain.etag, headers: { "Cache-Control": "public, immutable" } });
  expect(Date.parse(kept.headers.Expires!)).toBeGreaterThan(Date.now());
  const old = get("/openapi/v3/api/v1", { query: { hash: "OLD" } })!;
  expect(old).toMatchObject({ status: 301, headers: { Location: `/openapi/v3/api/v1?hash=${hash}` } });
});

test("rule 11: the hash of a group version changes with its kinds, and only with them", () => {
  const more = [...ALL_KINDS, custom({ type: "object", properties: { spec: { type: "string" } } })];
  const changed = [...ALL_KINDS, custom({ type: "object", properties: { spec: { type: "integer" } } })];
  const etag = (kinds: typeof more, path: string) => get(`/openapi/v3/${path}`, { kinds })?.etag;
  for (const path of V3) {
    expect(etag(more, path)).toBe(etag([...ALL_KINDS], path));
    expect(etag(more.toReversed(), path)).toBe(etag(more, path));
  }
  expect(etag(more, "apis/example.com/v1")).toMatch(/^"[0-9A-F]{32}"$/);
  expect(etag(changed, "apis/example.com/v1")).not.toBe(etag(more, "apis/example.com/v1"));
  expect(etag([...ALL_KINDS], "apis/example.com/v1")).toBeUndefined();
});

test("every reference leads to a schema of the same document", () => {
  for (const path of V3) {
    const known = new Set(Object.keys(schemasAt(path)));
    const references = everyValue(documentAt(path), "$ref").map((ref) => String(ref));
    expect(references.length).toBeGreaterThan(0);
    const dangling = references.filter((ref) => !known.has(ref.replace("#/components/schemas/", "")));
    expect(dangling).toEqual([]);
  }
});

test("rule 13: every kind is named in the schema of the object, of its list, and by its operations", () => {
  for (const { group, version, kind, plural, verbs, namespaced } of SERVED) {
    const path = pathOf({ group, version });
    const named = Object.values(schemasAt(path)).flatMap(
      (schema) => (schema["x-kubernetes-group-version-kind"] ?? []) as object[],
    );
    expect(named).toContainEqual({ group, version, kind });
    if (verbs.includes("list")) expect(named).toContainEqual({ group, version, kind: `${kind}List` });
    else expect(named).not.toContainEqual({ group, version, kind: `${kind}List` });
    expect(operationsAt(path).map((one) => one["x-kubernetes-group-version-kind"])).toContainEqual({
      group,
      version,
      kind,
    });
    const everywhere = verbs.includes("list") || !namespaced;
    const within = everywhere ? "" : "namespaces/{namespace}/";
    expect(documentAt(path).paths).toHaveProperty([`/${path}/${within}${plural}`]);
  }
});

test("rule 13: every PATCH declares what kubectl looks for, inline", () => {
  const patches = V3.flatMap((path) => operationsAt(path)).filter(
    (one) => one["x-kubernetes-action"] === "patch",
  );
  expect(patches.length).toBeGreaterThan(ALL_KINDS.length);
  for (const { parameters } of patches) {
    const names = (parameters as Json[]).map(({ name }) => name);
    expect(names).toEqual(["dryRun", "fieldManager", "fieldValidation", "force"]);
  }
});

test("rule 14: only the kinds of Kubernetes take a strategic merge patch", () => {
  const STRATEGIC = "application/strategic-merge-patch+json";
  const typesAt = (path: string) =>
    operationsAt(path)
      .filter((one) => one["x-kubernetes-action"] === "patch")
      .map((one) => Object.keys((one.requestBody as Json).content as Json));
  const MERGE = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/apply-patch+yaml",
  ];
  for (const types of typesAt("api/v1")) expect(types).toEqual(expect.arrayContaining([...MERGE, STRATEGIC]));
  for (const types of typesAt("apis/tiltish.dev/v1alpha1")) {
    expect(types).toEqual(expect.arrayContaining(MERGE));
    expect(types).not.toContain(STRATEGIC);
  }
});

test("operations have ids of their own, and path parameters are declared", () => {
  const ids = V3.flatMap((path) => operationsAt(path)).map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const path of V3) {
    for (const [url, item] of Object.entries(documentAt(path).paths as Record<string, Json>)) {
      const declared = ((item.parameters ?? []) as Json[]).map(({ name }) => name);
      const named = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(new Set(declared)).toEqual(new Set(named));
    }
  }
});

test("a kind has the operations that it serves, and no others", () => {
  expect(methodsAt("apis/authorization.k8s.io/v1")).toMatchObject({
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": ["post"],
  });
  const core = methodsAt("api/v1");
  expect(core["/api/v1/services"]).toEqual(["get"]);
  expect(core["/api/v1/namespaces/{namespace}/services"]).toEqual(["get"]);
  expect(core["/api/v1/namespaces/{namespace}/services/{name}"]).toEqual(["get"]);
  expect(core["/api/v1/namespaces/{namespace}/configmaps"]).toEqual(["get", "post", "delete"]);
  const readOnly = custom(
    { type: "object" },
    { verbs: ["get", "list", "watch"], subresources: { status: true, log: true } },
  );
  expect(methodsAt("apis/example.com/v1", { kinds: [readOnly] })).toEqual({
    "/apis/example.com/v1/widgets": ["get"],
    "/apis/example.com/v1/namespaces/{namespace}/widgets": ["get"],
    "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}": ["get"],
    "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status": ["get"],
    "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/log": ["get"],
  });
});

test("only a kind that can be watched has the parameters of a watch", () => {
  const kinds = [custom({ type: "object" }, { verbs: ["get", "list"] })];
  const operations = operationsAt("apis/example.com/v1", { kinds });
  const list = operations.find((one) => one["x-kubernetes-action"] === "list");
  const names = (list!.parameters as Json[]).map(({ name }) => name);
  expect(names).toContain("labelSelector");
  expect(names).not.toContain("watch");
});

test("the scale subresource has paths, and the schema of autoscaling", () => {
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const kinds = [custom({ type: "object" }, { subresources: { status: false, log: false, scale } })];
  const path = "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/scale";
  expect(methodsAt("apis/example.com/v1", { kinds })[path]).toEqual(["get", "put", "patch"]);
  const { get: read } = (documentAt("apis/example.com/v1", { kinds }).paths as Json)[path] as {
    get: { responses: Record<string, { content: Record<string, { schema: Json }> }> };
  };
  expect(read.responses["200"]!.content["application/json"]!.schema).toEqual({
    $ref: "#/components/schemas/io.k8s.api.autoscaling.v1.Scale",
  });
  const schemas = schemasAt("apis/example.com/v1", { kinds });
  expect(schemas["io.k8s.api.autoscaling.v1.Scale"]).toMatchObject({
    "x-kubernetes-group-version-kind": [{ group: "autoscaling", version: "v1", kind: "Scale" }],
  });
  const known = Object.keys(schemas).map((name) => `#/components/schemas/${name}`);
  expect(known).toEqual(
    expect.arrayContaining(everyValue(documentAt("apis/example.com/v1", { kinds }), "$ref")),
  );
  expect(schemasAt("apis/tiltish.dev/v1alpha1")).not.toHaveProperty(["io.k8s.api.autoscaling.v1.Scale"]);
});

test("the trigger subresource has a path, and the schema of what it takes", () => {
  const path = "/apis/tiltish.dev/v1alpha1/namespaces/{namespace}/localresources/{name}/trigger";
  expect(methodsAt("apis/tiltish.dev/v1alpha1")[path]).toEqual(["post"]);
  const schemas = schemasAt("apis/tiltish.dev/v1alpha1");
  expect(schemas["dev.tiltish.v1alpha1.TriggerRequest"]).toMatchObject({
    properties: { type: { enum: ["Trigger", "Restart", "Stop", "Cancel"] }, inputs: { type: "object" } },
  });
});

test("an unknown path is not found", () => {
  for (const path of ["/openapi", "/openapi/v3/apis/none/v1", "/openapi/v4", "/other", "/openapi/v2/x"]) {
    expect(get(path)).toBeUndefined();
  }
  expect(get("/openapi/v3/")!.status).toBe(200);
});
