import { expect, test } from "vitest";
import { ALL_KINDS } from "../../../apis/index.ts";
import { openApiDocument } from "../../../server/openapi/index.ts";
import { documentAt, everyValue, get, KINDS, type Json } from "./helpers.ts";

const V3 = [
  "api/v1",
  "apis/apiextensions.k8s.io/v1",
  "apis/coordination.k8s.io/v1",
  "apis/tiltish.dev/v1alpha1",
];
const METHODS = ["get", "post", "put", "patch", "delete"];

const operationsOf = (path: string) =>
  Object.values(documentAt(path).paths as Json).flatMap((item) =>
    METHODS.filter((method) => method in (item as Json)).map((method) => (item as Json)[method] as Json),
  );
const schemasOf = (path: string) => (documentAt(path).components as Json).schemas as Record<string, Json>;

test("the index names a document for every group version of a kind, by its hash", () => {
  const { paths } = get("/openapi/v3")!.body as { paths: Record<string, { serverRelativeURL: string }> };
  expect(Object.keys(paths).toSorted()).toEqual(V3);
  expect(paths["api/v1"]!.serverRelativeURL).toMatch(/^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{32}$/);
});

test("a document asked for by its hash may be kept for ever; an old hash leads to the new one", () => {
  const plain = get("/openapi/v3/api/v1")!;
  expect(plain.headers).not.toHaveProperty("Cache-Control");
  const hash = plain.headers.ETag!.slice(1, -1);
  const kept = get("/openapi/v3/api/v1", { hash })!;
  expect(kept.headers).toMatchObject({ "Cache-Control": "public, immutable", ETag: plain.headers.ETag });
  expect(Date.parse(kept.headers.Expires!)).toBeGreaterThan(Date.now());
  const old = get("/openapi/v3/api/v1", { hash: "OLD" })!;
  expect(old).toMatchObject({ status: 301, headers: { Location: `/openapi/v3/api/v1?hash=${hash}` } });
});

test("the hash changes with the kinds, and only with them", () => {
  const fewer = ALL_KINDS.filter(({ kind }) => kind !== "CFAppSync");
  const etag = (kinds: typeof ALL_KINDS, path: string) =>
    openApiDocument({ ...KINDS, all: () => kinds }, path, new URLSearchParams())!.headers.ETag;
  expect(etag(fewer, "/openapi/v3/api/v1")).toBe(etag(ALL_KINDS, "/openapi/v3/api/v1"));
  const ours = "/openapi/v3/apis/tiltish.dev/v1alpha1";
  expect(etag(fewer, ours)).not.toBe(etag(ALL_KINDS, ours));
});

test("every reference leads to a definition of the same document", () => {
  for (const path of V3) {
    const known = new Set(Object.keys(schemasOf(path)));
    const references = everyValue(documentAt(path), "$ref").map((ref) => String(ref));
    expect(references.length).toBeGreaterThan(0);
    const dangling = references.filter((ref) => !known.has(ref.replace("#/components/schemas/", "")));
    expect(dangling).toEqual([]);
  }
});

test("every kind is named in the schema of the object, of its list, and by its operations", () => {
  for (const { group, version, kind, plural } of ALL_KINDS) {
    const path = group ? `apis/${group}/${version}` : `api/${version}`;
    const named = Object.values(schemasOf(path)).flatMap(
      (schema) => (schema["x-kubernetes-group-version-kind"] ?? []) as object[],
    );
    expect(named).toContainEqual({ group, version, kind });
    expect(named).toContainEqual({ group, version, kind: `${kind}List` });
    expect(operationsOf(path).map((one) => one["x-kubernetes-group-version-kind"])).toContainEqual({
      group,
      version,
      kind,
    });
    expect(documentAt(path).paths).toHaveProperty([`/${path}/${plural}`]);
  }
});

test("every PATCH declares what kubectl looks for, inline", () => {
  const patches = V3.flatMap(operationsOf).filter((one) => one["x-kubernetes-action"] === "patch");
  expect(patches.length).toBeGreaterThan(ALL_KINDS.length);
  for (const { parameters } of patches) {
    const names = (parameters as Json[]).map(({ name }) => name);
    expect(names).toEqual(["dryRun", "fieldManager", "fieldValidation", "force"]);
  }
});

test("only the kinds of Kubernetes take a strategic merge patch", () => {
  const STRATEGIC = "application/strategic-merge-patch+json";
  const typesAt = (path: string) =>
    operationsOf(path)
      .filter((one) => one["x-kubernetes-action"] === "patch")
      .map((one) => Object.keys((one.requestBody as Json).content as Json));
  const MERGE = ["application/json-patch+json", "application/merge-patch+json"];
  for (const types of typesAt("api/v1")) expect(types).toEqual(expect.arrayContaining([...MERGE, STRATEGIC]));
  for (const types of typesAt("apis/tiltish.dev/v1alpha1")) {
    expect(types).toEqual(expect.arrayContaining(MERGE));
    expect(types).not.toContain(STRATEGIC);
  }
});

test("operations have ids of their own, and path parameters are declared", () => {
  const ids = V3.flatMap(operationsOf).map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const path of V3) {
    for (const [url, item] of Object.entries(documentAt(path).paths as Record<string, Json>)) {
      const declared = ((item.parameters ?? []) as Json[]).map(({ name }) => name);
      const named = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(new Set(declared)).toEqual(new Set(named));
    }
  }
});

test("who takes only protobuf is told 406", () => {
  const PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  const statusFor = (accept: string) =>
    openApiDocument(KINDS, "/openapi/v2", new URLSearchParams(), accept)!.status;
  expect(statusFor(PROTOBUF)).toBe(406);
  expect(statusFor(`${PROTOBUF}, application/json`)).toBe(200);
  expect(statusFor("*/*")).toBe(200);
});

test("the Swagger form refers within itself and holds no word of OpenAPI 3", () => {
  const swagger = documentAt("v2", "/openapi/v2");
  expect(swagger.swagger).toBe("2.0");
  const known = new Set(Object.keys(swagger.definitions as Json).map((name) => `#/definitions/${name}`));
  expect(everyValue(swagger, "$ref").filter((ref) => !known.has(String(ref)))).toEqual([]);
  for (const keyword of ["allOf", "anyOf", "oneOf", "nullable", "requestBody", "components"]) {
    expect(everyValue(swagger, keyword)).toEqual([]);
  }
  expect(Object.keys(swagger.paths as Json)).toContain(
    "/apis/tiltish.dev/v1alpha1/namespaces/{namespace}/localprocesses/{name}/log",
  );
});

test("an unknown path is not found", () => {
  for (const path of ["/openapi", "/openapi/v3/apis/none/v1", "/openapi/v4", "/other"]) {
    expect(get(path)).toBeUndefined();
  }
  expect(get("/openapi/v3/")!.status).toBe(200);
});
