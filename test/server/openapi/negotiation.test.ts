import { expect, test } from "vitest";
import { get } from "./helpers.ts";

const V2 = "application/com.github.proto-openapi.spec.v2";
const V3 = "application/com.github.proto-openapi.spec.v3";

const typeFor = (path: string, accept: string | undefined) => get(path, { accept })!.contentType;

test("rule 16: v2 is JSON, and protobuf for who asks for it, under its own name or that of clients", () => {
  for (const accept of [undefined, "", "*/*", "application/*", "application/json", "application/json, */*"]) {
    expect(typeFor("/openapi/v2", accept)).toBe("application/json");
  }
  for (const accept of [`${V2}@v1.0+protobuf`, `${V2}.v1.0+protobuf`, `${V2}@v1.0+protobuf, */*`]) {
    expect(typeFor("/openapi/v2", accept)).toBe(`${V2}.v1.0+protobuf`);
  }
});

test("rule 10: a v3 document is JSON, and protobuf for who asks for it", () => {
  const path = "/openapi/v3/apis/tiltish.dev/v1alpha1";
  expect(typeFor(path, undefined)).toBe("application/json");
  expect(typeFor(path, `${V3}@v1.0+protobuf`)).toBe(`${V3}.v1.0+protobuf`);
  expect(typeFor(path, `${V3}.v1.0+protobuf`)).toBe(`${V3}.v1.0+protobuf`);
});

test("what the client likes best decides, and what it refuses is not sent", () => {
  const pb = `${V2}@v1.0+protobuf`;
  expect(typeFor("/openapi/v2", `application/json;q=0.5, ${pb}`)).toBe(`${V2}.v1.0+protobuf`);
  expect(typeFor("/openapi/v2", `${pb};q=0.5, application/json`)).toBe("application/json");
  expect(typeFor("/openapi/v2", `application/json;q=0, ${pb};q=0.1`)).toBe(`${V2}.v1.0+protobuf`);
});

test("rule 35: nothing acceptable is 406, and says what there is", () => {
  const notAcceptable = { code: 406, reason: "NotAcceptable" };
  for (const accept of ["image/png", "application/yaml", `${V3}@v1.0+protobuf`, "application/json;q=0"]) {
    expect(() => get("/openapi/v2", { accept })).toThrow(expect.objectContaining(notAcceptable) as Error);
  }
  expect(() => get("/openapi/v3/api/v1", { accept: `${V2}@v1.0+protobuf` })).toThrow(
    /proto-openapi\.spec\.v3/,
  );
});

test("the index is JSON for everyone", () => {
  expect(typeFor("/openapi/v3", "application/vnd.kubernetes.protobuf")).toBe("application/json");
});

test("each form has a tag of its own, and all forms of a document the same hash in their URL", () => {
  const path = "/openapi/v3/api/v1";
  const json = get(path)!;
  const hash = json.etag.slice(1, -1);
  const protobuf = get(path, { accept: `${V3}@v1.0+protobuf`, query: { hash } })!;
  expect(protobuf).toMatchObject({ status: 200, headers: { "Cache-Control": "public, immutable" } });
  expect(protobuf.etag).not.toBe(json.etag);
});
