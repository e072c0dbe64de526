import { describe, expect } from "vitest";
import { parse } from "yaml";
import type { Answer, Json } from "./client.ts";
import { APPLY, type Collection, JSON_PATCH, MERGE } from "./collection.ts";
import { rule } from "./suite.ts";
import { CRD_PATH, GROUP } from "./widgets.ts";

const GONE_BY = "9007199254740991";
const RESOURCE = `widgets.${GROUP}`;

/** What a Status says, in short. */
const said = ({ status, json }: Answer): Json => ({ status, code: json?.code, reason: json?.reason });
const is = (status: number, reason: string) => ({ status, code: status, reason });
const detailsOf = ({ json }: Answer): Json => json.details ?? {};
const causesOf = (answer: Answer): Json[] => (detailsOf(answer).causes ?? []) as Json[];

/** One request for every kind of error that is easily had. */
async function everyError(widgets: Collection): Promise<[string, Answer][]> {
  const made = await widgets.make("a", { spec: { title: "a" } });
  const headers = (type: string) => ({ headers: { "content-type": type } });
  return [
    ["no JSON", await widgets.post("{")],
    ["a bad selector", await widgets.get("", { labelSelector: "a=(" })],
    ["not there", await widgets.get("b")],
    ["no such method", await widgets.api.ask(widgets.url("a"), { method: "POST", body: {} })],
    ["not acceptable", await widgets.get("a", {}, { headers: { accept: "image/png" } })],
    ["there already", await widgets.post(widgets.object("a"))],
    ["a conflict", await widgets.put("a", { ...made, metadata: { ...made.metadata, resourceVersion: "1" } })],
    ["too large", await widgets.post(widgets.object("b", { spec: { title: "x".repeat(4_000_000) } }))],
    ["an unknown type", await widgets.post("x", {}, headers("text/plain"))],
    ["invalid", await widgets.post(widgets.object("B"))],
    ["of the future", await widgets.get("", { resourceVersion: GONE_BY })],
  ];
}

describe("the shape of an error", () => {
  rule(29, "every error is a whole Status whose code is that of the answer", async ({ widgets }) => {
    for (const [what, { status, headers, json }] of await everyError(widgets)) {
      expect([what, json]).toMatchObject([
        what,
        { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code: status },
      ]);
      expect([what, typeof json.message, typeof json.reason]).toEqual([what, "string", "string"]);
      expect(headers["content-type"]).toContain("application/json");
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });

  rule(29, "it is YAML for who reads YAML", async ({ widgets }) => {
    const { headers, text } = await widgets.get("nobody", {}, { headers: { accept: "application/yaml" } });
    expect(headers["content-type"]).toContain("application/yaml");
    expect(parse(text)).toMatchObject({ kind: "Status", reason: "NotFound", code: 404 });
  });

  rule(29, "it is JSON for who wants a table", async ({ widgets }) => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    const { headers, json } = await widgets.get("nobody", {}, { headers: { accept } });
    expect(headers["content-type"]).toBe("application/json");
    expect(json).toMatchObject({ kind: "Status", reason: "NotFound" });
  });
});

describe("400 and 401", () => {
  rule(
    30,
    "400 BadRequest, without details: a body that cannot be decoded",
    async ({ widgets, configMaps }) => {
      for (const answer of [
        await widgets.post("{"),
        await configMaps.post("[1"),
        await configMaps.post(""),
      ]) {
        expect(said(answer)).toEqual(is(400, "BadRequest"));
        expect(detailsOf(answer)).toEqual({});
      }
    },
  );

  rule(30, "400 BadRequest: a selector, a token or a revision that is none", async ({ widgets }) => {
    for (const query of [
      { labelSelector: "a=(" },
      { fieldSelector: "a=b=c!" },
      { continue: "nonsense" },
      { resourceVersion: "abc" },
    ]) {
      expect([query, said(await widgets.get("", query))]).toEqual([query, is(400, "BadRequest")]);
    }
  });

  rule(30, "400 BadRequest: a field that is unknown, where that is an error", async ({ widgets }) => {
    const answer = await widgets.post(widgets.object("a", { speck: {} }), { fieldValidation: "Strict" });
    expect(said(answer)).toEqual(is(400, "BadRequest"));
    expect(detailsOf(answer)).toEqual({});
  });

  rule(30, "400 BadRequest: a name or a namespace that is not that of the URL", async ({ widgets }) => {
    await widgets.make("a");
    expect(said(await widgets.put("a", widgets.object("b")))).toEqual(is(400, "BadRequest"));
    const elsewhere = widgets.object("b", {}, { namespace: "elsewhere" });
    expect(said(await widgets.post(elsewhere))).toEqual(is(400, "BadRequest"));
  });

  rule(30, "401 Unauthorized, in the very word, for a wrong token", async ({ api }) => {
    const answer = await api.ask("/api/v1/namespaces", { headers: { authorization: "Bearer wrong" } });
    expect(said(answer)).toEqual(is(401, "Unauthorized"));
    expect(answer.json.message).toBe("Unauthorized");
    expect(detailsOf(answer)).toEqual({});
  });
});

describe("403 to 406", () => {
  rule(30, "403 Forbidden says what is forbidden, and why", async ({ namespaces, widgets }) => {
    const { namespace = "" } = widgets.place;
    const finalizers = ["conformance.example.com/hold"];
    await namespaces.merge(namespace, { metadata: { finalizers } });
    await namespaces.delete(namespace);
    const answer = await widgets.post(widgets.object("a"));
    const left = await namespaces.read(namespace);
    const others = (left.metadata.finalizers as string[]).filter((name) => !finalizers.includes(name));
    await namespaces.patch(namespace, { metadata: { finalizers: others } });
    expect(said(answer)).toEqual(is(403, "Forbidden"));
    expect(answer.json.message).toMatch(new RegExp(`^${RESOURCE} "a" is forbidden: .*being terminated`));
    expect(detailsOf(answer)).toMatchObject({ name: "a", group: GROUP, kind: "widgets" });
  });

  rule(30, "404 NotFound names the resource, not the kind", async ({ widgets, configMaps }) => {
    const custom = await widgets.get("nobody");
    expect(said(custom)).toEqual(is(404, "NotFound"));
    expect(custom.json.message).toBe(`${RESOURCE} "nobody" not found`);
    expect(detailsOf(custom)).toEqual({ name: "nobody", group: GROUP, kind: "widgets" });
    const builtIn = await configMaps.delete("nobody");
    expect(builtIn.json.message).toBe('configmaps "nobody" not found');
    expect(detailsOf(builtIn)).toEqual({ name: "nobody", kind: "configmaps" });
  });

  rule(30, "405 MethodNotAllowed: what a path cannot do", async ({ configMaps, widgets }) => {
    await widgets.make("a");
    await configMaps.make("a");
    const { api } = widgets;
    for (const [method, path] of [
      ["PUT", configMaps.url()],
      ["PATCH", configMaps.url()],
      ["POST", configMaps.url("a")],
      ["POST", widgets.url("a/status")],
      ["DELETE", widgets.url("a/status")],
    ] as const) {
      const headers = { "content-type": method === "PATCH" ? MERGE : "application/json" };
      const answer = await api.ask(path, { method, body: {}, headers });
      expect([method, path, said(answer)]).toEqual([method, path, is(405, "MethodNotAllowed")]);
    }
  });

  rule(30, "400 name must be provided: a write to a collection of custom objects", async ({ widgets }) => {
    for (const method of ["PUT", "PATCH"]) {
      const headers = { "content-type": method === "PATCH" ? MERGE : "application/json" };
      const answer = await widgets.api.ask(widgets.url(), { method, body: {}, headers });
      expect([method, answer]).toMatchObject([
        method,
        { status: 400, json: { message: "name must be provided" } },
      ]);
    }
  });

  rule(30, "406 NotAcceptable lists what there is", async ({ widgets }) => {
    const answer = await widgets.get("", {}, { headers: { accept: "image/png" } });
    expect(said(answer)).toEqual(is(406, "NotAcceptable"));
    expect(answer.json.message).toContain("application/json");
    expect(answer.json.message).toContain("application/yaml");
    expect(detailsOf(answer)).toEqual({});
  });
});

describe("409 to 504", () => {
  rule(30, "409 AlreadyExists names the resource", async ({ widgets, configMaps }) => {
    await widgets.make("a");
    const answer = await widgets.post(widgets.object("a"));
    expect(said(answer)).toEqual(is(409, "AlreadyExists"));
    expect(answer.json.message).toBe(`${RESOURCE} "a" already exists`);
    expect(detailsOf(answer)).toEqual({ name: "a", group: GROUP, kind: "widgets" });
    await configMaps.make("a");
    expect(detailsOf(await configMaps.post(configMaps.object("a")))).toEqual({
      name: "a",
      kind: "configmaps",
    });
  });

  rule(30, "409 Conflict: a resourceVersion of before, and what to do about it", async ({ widgets }) => {
    const read = await widgets.make("a");
    await widgets.merge("a", { spec: { title: "other" } });
    const answer = await widgets.put("a", read);
    expect(said(answer)).toEqual(is(409, "Conflict"));
    expect(answer.json.message).toContain(
      "the object has been modified; please apply your changes to the latest version and try again",
    );
    expect(detailsOf(answer)).toEqual({ name: "a", group: GROUP, kind: "widgets" });
  });

  rule(30, "409 Conflict: a precondition that does not hold", async ({ widgets }) => {
    await widgets.make("a");
    for (const preconditions of [{ uid: "other" }, { resourceVersion: "1" }]) {
      const answer = await widgets.delete("a", { kind: "DeleteOptions", apiVersion: "v1", preconditions });
      expect(said(answer)).toEqual(is(409, "Conflict"));
      expect(detailsOf(answer)).toEqual({ name: "a", group: GROUP, kind: "widgets" });
    }
  });

  rule(30, "409 Conflict: an apply, with a cause for each field", async ({ widgets }) => {
    await widgets.apply("a", { spec: { title: "one" } }, "first");
    const answer = await widgets.apply("a", { spec: { title: "two" } }, "second");
    expect(said(answer)).toEqual(is(409, "Conflict"));
    expect(causesOf(answer)).toMatchObject([{ reason: "FieldManagerConflict", field: ".spec.title" }]);
  });

  rule(30, "413 RequestEntityTooLarge", async ({ configMaps }) => {
    const answer = await configMaps.post(configMaps.object("a", { data: { x: "y".repeat(4_000_000) } }));
    expect(said(answer)).toEqual(is(413, "RequestEntityTooLarge"));
  });

  rule(30, "415 UnsupportedMediaType lists what is taken", async ({ widgets }) => {
    await widgets.make("a");
    for (const [answer, type] of [
      [await widgets.post("x", {}, { headers: { "content-type": "text/plain" } }), "application/json"],
      [await widgets.patch("a", {}, "application/strategic-merge-patch+json"), MERGE],
    ] as const) {
      expect(said(answer)).toEqual(is(415, "UnsupportedMediaType"));
      expect(answer.json.message).toMatch(
        /^the body of the request was in an unknown format - accepted media types include: /,
      );
      expect(answer.json.message).toContain(type);
      expect(detailsOf(answer)).toEqual({});
    }
  });

  rule(30, "422 Invalid names the kind, not the resource, and every cause", async ({ widgets }) => {
    const answer = await widgets.post(widgets.object("a", { spec: { mode: "odd" } }));
    expect(said(answer)).toEqual(is(422, "Invalid"));
    expect(detailsOf(answer)).toMatchObject({ name: "a", group: GROUP, kind: "Widget" });
    expect(causesOf(answer)).toMatchObject([{ field: "spec.mode", reason: "FieldValueNotSupported" }]);
  });

  rule(30, "422 Invalid: values of query options that cannot be", async ({ widgets }) => {
    await widgets.make("a");
    for (const answer of [
      await widgets.post(widgets.object("b"), { dryRun: "Some" }),
      await widgets.post(widgets.object("b"), { fieldValidation: "Maybe" }),
      await widgets.patch("a", widgets.object("a"), APPLY),
      await widgets.delete("a", undefined, { propagationPolicy: "Sideways" }),
    ]) {
      expect(said(answer)).toEqual(is(422, "Invalid"));
    }
  });

  rule(
    30,
    "504 Timeout: a revision that is yet to come, with its cause and when to ask again",
    async ({ widgets }) => {
      const answer = await widgets.get("", { resourceVersion: GONE_BY });
      expect(said(answer)).toEqual(is(504, "Timeout"));
      expect(causesOf(answer)).toMatchObject([{ reason: "ResourceVersionTooLarge" }]);
      expect(detailsOf(answer).retryAfterSeconds).toBeGreaterThan(0);
      expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
    },
  );
});

describe("causes", () => {
  /** A create of that, and its first cause. */
  const causeOf = async (widgets: Collection, spec: object, metadata: object = {}): Promise<Json> => {
    const answer = await widgets.post(widgets.object("a", { spec }, metadata));
    expect([spec, answer.status]).toEqual([spec, 422]);
    return causesOf(answer)[0];
  };

  rule(31, "the message says kind, name, field and reason", async ({ widgets }) => {
    const { json } = await widgets.post(widgets.object("a", { spec: { mode: "odd" } }));
    const prefix = `Widget.${GROUP} "a" is invalid: spec.mode: Unsupported value: "odd": supported values: "`;
    expect(json.message.slice(0, prefix.length)).toBe(prefix);
  });

  rule(31, "several are one message and a cause each", async ({ widgets }) => {
    const answer = await widgets.post(widgets.object("a", { spec: { mode: "odd", size: -1 } }));
    expect(answer.json.message).toMatch(/is invalid: \[.*, .*\]$/);
    expect(answer.json.message).toContain("spec.mode: ");
    expect(answer.json.message).toContain("spec.size: ");
    expect(
      causesOf(answer)
        .map(({ field }) => field as string)
        .toSorted(),
    ).toEqual(["spec.mode", "spec.size"]);
  });

  rule(31, "every kind of mistake has its reason", async ({ widgets }) => {
    const ports = [{ port: 1 }];
    for (const [spec, field, reason] of [
      [{ ports }, "spec.ports[0].name", "FieldValueRequired"],
      [{ size: -1 }, "spec.size", "FieldValueInvalid"],
      [{ mode: "odd" }, "spec.mode", "FieldValueNotSupported"],
      [{ title: "x".repeat(21) }, "spec.title", "FieldValueTooLong"],
      [{ size: "large" }, "spec.size", "FieldValueTypeInvalid"],
      [{ tags: ["a", "a"] }, "spec.tags[1]", "FieldValueDuplicate"],
    ] as const) {
      const cause = await causeOf(widgets, spec);
      expect(cause).toMatchObject({ field, reason });
      expect(cause.message).not.toBe("");
    }
  });

  rule(31, "what may not be changed any more is forbidden", async ({ configMaps }) => {
    await configMaps.make("a", { data: { x: "1" }, immutable: true });
    const answer = await configMaps.patch("a", { data: { x: "2" } });
    expect(said(answer)).toEqual(is(422, "Invalid"));
    expect(causesOf(answer)).toMatchObject([{ field: "data", reason: "FieldValueForbidden" }]);
  });
});

describe("JSON patches", () => {
  rule(32, "one that fails is 422, without details", async ({ widgets }) => {
    await widgets.make("a", { spec: { title: "a" } });
    for (const operation of [
      { op: "test", path: "/spec/title", value: "b" },
      { op: "remove", path: "/spec/nothing" },
      { op: "replace", path: "/spec/nothing", value: 1 },
    ]) {
      const answer = await widgets.patch("a", [operation], JSON_PATCH);
      expect([operation, said(answer)]).toEqual([operation, is(422, "Invalid")]);
      expect(detailsOf(answer)).toEqual({});
    }
  });

  rule(32, "one that is none is 400", async ({ widgets }) => {
    await widgets.make("a");
    for (const [body, type] of [
      ["{", JSON_PATCH],
      [{ op: "test" }, JSON_PATCH],
      ["{", MERGE],
    ] as const) {
      expect(said(await widgets.patch("a", body, type))).toEqual(is(400, "BadRequest"));
    }
  });
});

describe("what kubectl prints", () => {
  rule(33, "an error has a reason and a message that need no more words", async ({ widgets }) => {
    for (const [what, { json }] of await everyError(widgets)) {
      // `Error from server (REASON): MESSAGE`
      expect([what, `Error from server (${json.reason as string}): ${json.message as string}`]).toEqual([
        what,
        expect.stringMatching(/^Error from server \([A-Z][A-Za-z]+\): \S.+/),
      ]);
    }
  });

  rule(33, "an invalid object has all that its sentence is made of", async ({ widgets }) => {
    const answer = await widgets.post(widgets.object("a", { spec: { size: -1 } }));
    const { kind, name } = detailsOf(answer);
    const [cause] = causesOf(answer);
    const sentence = `The ${kind as string} "${name as string}" is invalid: ${cause.field as string}: ${cause.message as string}`;
    expect(sentence).toMatch(/^The Widget "a" is invalid: spec.size: Invalid value: -1: \S/);
  });

  rule(33, "so has the definition of a kind", async ({ api }) => {
    const answer = await api.ask(CRD_PATH, {
      method: "POST",
      body: {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "a" },
        spec: {},
      },
    });
    expect(said(answer)).toEqual(is(422, "Invalid"));
    expect(detailsOf(answer)).toMatchObject({ kind: "CustomResourceDefinition", name: "a" });
  });
});
