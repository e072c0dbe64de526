import { expect } from "vitest";
import { widgets } from "../customresources/fixture.ts";
import { test } from "../http/harness.ts";
import type { TestServer } from "../http/harness.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const names = { kind: "Widget", plural: "widgets", listKind: "WidgetCollection" };

const define = (server: TestServer) =>
  server.ask(DEFINITIONS, { method: "POST", body: widgets({ color: { type: "string" } }, {}, { names }) });
const DEFINITION = `${DEFINITIONS}/widgets.example.com`;
/** As the controller does that waits until the last object is gone. */
const release = (server: TestServer) =>
  server.ask(DEFINITION, {
    method: "PATCH",
    headers: { "content-type": "application/merge-patch+json" },
    body: { metadata: { finalizers: null } },
  });
const hashesOf = async (server: TestServer) => {
  const { paths } = (await server.ask("/openapi/v3")).json as {
    paths: Record<string, { serverRelativeURL: string }>;
  };
  return new Map(Object.entries(paths).map(([path, { serverRelativeURL }]) => [path, serverRelativeURL]));
};

test("a kind is told of from its definition on, and no longer than that", async ({ server }) => {
  const before = await hashesOf(server);
  expect(await define(server)).toMatchObject({ status: 201 });
  await expect.poll(() => hashesOf(server)).toHaveProperty("size", before.size + 1);
  const after = await hashesOf(server);
  for (const [path, url] of before) expect(after.get(path)).toBe(url);

  const document = await server.ask(after.get("apis/example.com/v1")!);
  expect(document.json.components.schemas["com.example.v1.Widget"].properties.spec.properties).toEqual({
    color: { type: "string" },
  });
  expect(document.json.components.schemas).toHaveProperty(["com.example.v1.WidgetCollection"]);
  expect((await server.ask("/openapi/v2")).json.definitions).toHaveProperty(["com.example.v1.Widget"]);
  expect((await server.ask("/apis/example.com/v1/widgets")).json.kind).toBe("WidgetCollection");
  expect((await server.ask("/apis/example.com")).json.preferredVersion.version).toBe("v1");

  await server.ask(DEFINITION, { method: "DELETE" });
  await release(server);
  await expect.poll(() => hashesOf(server)).toEqual(before);
  expect(await server.ask("/apis/example.com")).toMatchObject({ status: 404, json: { reason: "NotFound" } });
  expect(await server.ask(after.get("apis/example.com/v1")!)).toMatchObject({ status: 404 });
});

test("rule 11: who has an old hash is led to a document that is there", async ({ server }) => {
  const moved = await server.ask("/openapi/v3/apis/tiltish.dev/v1alpha1?hash=OLD");
  expect(moved).toMatchObject({ status: 301, text: "" });
  const document = await server.ask(moved.headers.location!);
  expect(document.headers).toMatchObject({ "cache-control": "public, immutable" });
  expect(document.json.openapi).toBe("3.0.0");
});

test("rule 24: a large document is compressed for who takes that, in every form", async ({ server }) => {
  for (const accept of ["application/json", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"]) {
    const headers = { accept, "accept-encoding": "gzip" };
    const { headers: answered } = await server.ask("/openapi/v2", { headers });
    expect(answered).toMatchObject({ "content-encoding": "gzip", vary: "Accept, Accept-Encoding" });
    const plain = await server.ask("/openapi/v2", { headers: { accept, "accept-encoding": "identity" } });
    expect(plain.headers).not.toHaveProperty("content-encoding");
    expect(plain.headers.etag).toBe(answered.etag);
  }
});

test("rule 35: discovery is YAML for who asks for it, and 406 for who takes neither", async ({ server }) => {
  const yaml = await server.ask("/apis/tiltish.dev", { headers: { accept: "application/yaml" } });
  expect(yaml.headers["content-type"]).toBe("application/yaml");
  expect(yaml.text).toMatch(/^kind: APIGroup$/m);
  const refused = await server.ask("/apis", { headers: { accept: "application/cbor" } });
  expect(refused).toMatchObject({ status: 406, json: { kind: "Status", reason: "NotAcceptable" } });
});
