import { assert, jsonValue, pre, property } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  acceptsGzip,
  aggregatedVersionOf,
  objectDecoder,
  patchDecoder,
} from "../../../server/codec/index.ts";
import {
  formatOfErrors,
  LIST_OFFER,
  negotiate,
  OBJECT_OFFER,
  WATCH_OFFER,
} from "../../../server/codec/index.ts";

const json = (text: string | Buffer) => objectDecoder("application/json", false)(Buffer.from(text));
const yaml = (text: string | Buffer) => objectDecoder("application/yaml", false)(Buffer.from(text));
const refused = expect.objectContaining({ code: 400, reason: "BadRequest" });

describe("JSON", () => {
  test("every JSON value is decoded as JSON.parse does, without duplicates", () => {
    assert(
      property(jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value, null, 1);
        pre(!text.includes("__proto__"));
        expect(json(text)).toEqual({ value: JSON.parse(text) as unknown, duplicateFields: [] });
      }),
    );
  });

  test.each([
    ['{"a":1,"a":2}', ["a"]],
    ['{"spec":{"argv":[1],"x":1,"argv":[2]}}', ["spec.argv"]],
    ['{"a":[{"b":1},{"b":1,"c":":,{\\"","b":2}]}', ["a[1].b"]],
    ['{"a":1,"\\u0061":2}', ["a"]],
    ['{"a":{"b":1,"b":2},"a":{"b":1,"b":2}}', ["a.b", "a", "a.b"]],
  ])("duplicate fields of %s are named by their paths", (text, paths) => {
    expect(json(text).duplicateFields).toEqual(paths);
  });

  test.each([
    ["invalid UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["an overlong encoding", Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ["a number that does not fit", '{"a":1e999}'],
    ["__proto__", '{"a":{"__proto__":{"x":1}}}'],
    ["an escaped __proto__", '{"\\u005f_proto__":{"x":1}}'],
    ["65 levels", "[".repeat(65) + "]".repeat(65)],
    ["a bomb of levels", "[".repeat(3_000_000)],
    ["a bomb of objects", '{"a":'.repeat(500_000)],
    ["nothing", ""],
    ["a comment", "{} // yes"],
  ])("%s is refused", (_, text) => {
    expect(() => json(text)).toThrow(refused);
  });

  test("64 levels are taken, and brackets in strings do not count", () => {
    expect(json("[".repeat(64) + "]".repeat(64)).duplicateFields).toEqual([]);
    expect(json(JSON.stringify({ a: '[{\\"'.repeat(200) })).duplicateFields).toEqual([]);
  });
});

describe("YAML", () => {
  test("a document is decoded, and words that YAML 1.1 took for booleans stay words", () => {
    expect(yaml("a: on\nb: true\nc: 2001-01-01\nd: '1'").value).toEqual({
      a: "on",
      b: true,
      c: "2001-01-01",
      d: "1",
    });
  });

  test.each([
    ["aliases", "a: &a [1]\nb: *a"],
    ["a bomb of aliases", "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]"],
    ["a merge of aliases", "a: &a {x: 1}\nb:\n  <<: *a"],
    ["duplicate fields", "a: 1\na: 2"],
    ["__proto__", "__proto__: {x: 1}"],
    ["a bomb of levels", "[".repeat(100_000)],
    ["65 levels", "[".repeat(65) + "]".repeat(65)],
    ["invalid UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xff])],
    ["infinity", "a: .inf"],
    ["two documents", "a: 1\n---\nb: 1"],
    ["tags of JavaScript", "a: !!js/function 'x'"],
  ])("%s are refused", (_, text) => {
    expect(() => yaml(text)).toThrow(refused);
  });
});

describe("media types of bodies", () => {
  test("rule 28: none is JSON, and parameters are accepted", () => {
    expect(objectDecoder(undefined, false)(Buffer.from("{}")).value).toEqual({});
    expect(objectDecoder("Application/JSON; charset=utf-8", false)(Buffer.from("{}")).value).toEqual({});
    expect(patchDecoder("application/merge-patch+json;charset=utf-8", false).type).toBe("merge");
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=a",
    "json",
    "*/*",
  ])("%s is 415, naming what is accepted", (type) => {
    expect(() => objectDecoder(type, true)).toThrow(
      expect.objectContaining({ code: 415, message: expect.stringContaining("application/json") as string }),
    );
  });

  test("rule 62: strategic merge patches are for built-in kinds only", () => {
    const type = "application/strategic-merge-patch+json";
    expect(patchDecoder(type, true).type).toBe("strategic");
    expect(() => patchDecoder(type, false)).toThrow(expect.objectContaining({ code: 415 }));
  });

  test("rule 66: an apply may be JSON or YAML", () => {
    const { decode } = patchDecoder("application/apply-patch+yaml", false);
    expect(decode(Buffer.from('{"a":1}')).value).toEqual({ a: 1 });
    expect(decode(Buffer.from("a: 1")).value).toEqual({ a: 1 });
    expect(decode(Buffer.from("{a: 1}")).value).toEqual({ a: 1 });
  });
});

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";

describe("negotiation", () => {
  test.each([
    [undefined, "json", "object"],
    ["*/*", "json", "object"],
    ["application/*", "json", "object"],
    ["application/yaml", "yaml", "object"],
    ["application/json;q=0.1, application/yaml", "yaml", "object"],
    ["application/yaml;q=0, */*", "json", "object"],
    ["text/html,application/xhtml+xml,*/*;q=0.8", "json", "object"],
    [`${TABLE},${TABLE.replace("v1;", "v1beta1;")},application/json`, "json", "table"],
    ["application/json;as=Unknown;v=v1;g=meta.k8s.io,application/json", "json", "object"],
    ["application/vnd.kubernetes.protobuf,application/json", "json", "object"],
    ["application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", "json", "partial"],
    ["application/json;stream=watch", "json", "object"],
  ])("rule 35: %s gives %s %s", (accept, format, as) => {
    expect(negotiate(accept, OBJECT_OFFER)).toMatchObject({ format, as });
  });

  test.each([
    ["application/vnd.kubernetes.protobuf", OBJECT_OFFER],
    ["application/json;as=Unknown;v=v1;g=meta.k8s.io", OBJECT_OFFER],
    ["application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", LIST_OFFER],
    ["application/yaml", WATCH_OFFER],
    ["application/cbor", OBJECT_OFFER],
    ["application/json;q=0", OBJECT_OFFER],
  ])("rules 35, 37, 41: %s is 406", (accept, offer) => {
    expect(() => negotiate(accept, offer)).toThrow(expect.objectContaining({ code: 406 }));
  });

  test("rule 29: errors are YAML for a client of YAML, and JSON for any other", () => {
    expect(formatOfErrors("application/yaml")).toBe("yaml");
    expect(formatOfErrors(TABLE)).toBe("json");
    expect(formatOfErrors("image/png")).toBe("json");
  });

  test("rule 4: the version of aggregated discovery that the client likes best, if it likes one", () => {
    const ask = (v: string) => `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`;
    expect(aggregatedVersionOf(`${ask("v2")},${ask("v2beta1")},application/json`)).toBe("v2");
    expect(aggregatedVersionOf(`${ask("v2beta1")},application/json`)).toBe("v2beta1");
    expect(aggregatedVersionOf(`${ask("v3")},${ask("v2")};profile=nopeer`)).toBe("v2");
    expect(aggregatedVersionOf(`${ask("v2")};q=0.5,application/json`)).toBeUndefined();
    for (const accept of [undefined, "", "*/*", "application/json", ask("v3"), "application/json;as=Table"]) {
      expect(aggregatedVersionOf(accept)).toBeUndefined();
    }
  });

  test("rule 24: gzip is used only for who takes it", () => {
    expect(["gzip", "deflate, gzip;q=0.5", "*"].map(acceptsGzip)).toEqual([true, true, true]);
    expect([undefined, "identity", "gzip;q=0", "gzipped", ""].map(acceptsGzip)).toEqual(
      Array.from({ length: 5 }, () => false),
    );
  });
});
