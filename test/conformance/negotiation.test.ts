import { describe, expect } from "vitest";
import { parse, stringify } from "yaml";
import type { Answer } from "./client.ts";
import { type Collection, MERGE } from "./collection.ts";
import { rule } from "./suite.ts";

const YAML = "application/yaml";
const JSON_TYPE = "application/json";
const CLIENT_GO = "application/vnd.kubernetes.protobuf,application/json";
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io";
const KUBECTL = `${TABLE},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;
const PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

const accepting = (accept: string) => ({ headers: { accept } });
const typed = (type: string) => ({ headers: { "content-type": type } });
const get = (collection: Collection, name: string, accept: string, query = {}): Promise<Answer> =>
  collection.get(name, query, accepting(accept));

describe("bodies", () => {
  rule(
    34,
    "JSON and YAML are taken for a create, an update and a delete",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        expect(await objects.post(objects.object("j"), {}, typed(JSON_TYPE))).toMatchObject({ status: 201 });
        expect(await objects.post(stringify(objects.object("y")), {}, typed(YAML))).toMatchObject({
          status: 201,
        });
        const next = { ...(await objects.read("y")), extra: undefined };
        next.metadata.labels = { by: "yaml" };
        const asked = { method: "PUT", body: stringify(next), ...typed(YAML) };
        expect(await objects.api.ask(objects.url("y"), asked)).toMatchObject({
          status: 200,
          json: { metadata: { labels: { by: "yaml" } } },
        });
        const body = "apiVersion: v1\nkind: DeleteOptions\npreconditions: {uid: other}\n";
        const wrong = await objects.api.ask(objects.url("y"), { method: "DELETE", body, ...typed(YAML) });
        expect(wrong).toMatchObject({ status: 409 });
      }
    },
  );

  rule(34, "anything else is 415, and writes nothing", async ({ configMaps }) => {
    const body = configMaps.object("a");
    for (const type of ["text/plain", "application/xml", "application/x-www-form-urlencoded", MERGE]) {
      const answer = await configMaps.post(body, {}, typed(type));
      expect([type, answer.status, answer.json.reason]).toEqual([type, 415, "UnsupportedMediaType"]);
    }
    expect(await configMaps.get("a")).toMatchObject({ status: 404 });
  });
});

describe("answers", () => {
  rule(35, "who says nothing, anything or JSON gets JSON", async ({ api, widgets }) => {
    await widgets.make("a");
    for (const accept of [undefined, "*/*", "application/*", JSON_TYPE]) {
      const { headers, json } = await api.ask(widgets.url("a"), { headers: { accept } });
      expect([accept, headers["content-type"], json.kind]).toEqual([accept, JSON_TYPE, "Widget"]);
    }
  });

  rule(35, "who wants YAML gets YAML, of objects and of lists", async ({ widgets }) => {
    await widgets.make("a", { spec: { title: "yes" } });
    const one = await get(widgets, "a", YAML);
    expect(one.headers["content-type"]).toBe(YAML);
    expect(one.json).toBeUndefined();
    expect(parse(one.text)).toMatchObject({ kind: "Widget", spec: { title: "yes" } });
    const all = await get(widgets, "", YAML);
    expect(parse(all.text)).toMatchObject({ kind: "WidgetList", items: [{ spec: { title: "yes" } }] });
  });

  rule(35, "of several the first or the weightiest is taken that there is", async ({ widgets }) => {
    await widgets.make("a");
    for (const [accept, type] of [
      ["image/png, application/yaml", YAML],
      ["application/yaml;q=0.5, application/json;q=0.9", JSON_TYPE],
      ["application/json;q=0.1, application/yaml;q=0.2", YAML],
      ["application/yaml, application/json", YAML],
      ["image/png;q=0.9, */*;q=0.1", JSON_TYPE],
    ] as const) {
      const { headers } = await get(widgets, "a", accept);
      expect([accept, headers["content-type"]]).toEqual([accept, type]);
    }
  });

  rule(35, "what cannot be answered is 406, before anything is done", async ({ widgets }) => {
    for (const accept of ["image/png", "application/json;as=Nothing;v=v1;g=meta.k8s.io", "text/*"]) {
      const answer = await widgets.post(widgets.object("a"), {}, accepting(accept));
      expect([accept, answer.status, answer.json.reason]).toEqual([accept, 406, "NotAcceptable"]);
    }
    expect(await widgets.get("a")).toMatchObject({ status: 404 });
  });

  rule(35, "a watch is JSON, also for who asks for a stream, and never YAML", async ({ widgets }) => {
    for (const accept of [JSON_TYPE, "application/json;stream=watch"]) {
      const watch = await widgets.watch({}, accepting(accept));
      expect(watch.response.statusCode).toBe(200);
      expect(watch.response.headers["content-type"]).toMatch(/^application\/json/);
      watch.stop();
    }
    const query = { watch: "1", timeoutSeconds: "1" };
    expect(await get(widgets, "", YAML, query)).toMatchObject({ status: 406 });
  });

  rule(
    37,
    "custom types are not served as protobuf or CBOR, but JSON is a second choice",
    async ({ widgets }) => {
      await widgets.make("a");
      for (const accept of ["application/vnd.kubernetes.protobuf", "application/cbor"]) {
        expect([accept, await get(widgets, "a", accept)]).toMatchObject([accept, { status: 406 }]);
        expect(await get(widgets, "a", `${accept},application/json`)).toMatchObject({
          status: 200,
          headers: { "content-type": JSON_TYPE },
          json: { kind: "Widget" },
        });
      }
    },
  );

  rule(37, "protobuf and CBOR bodies of custom types are refused", async ({ widgets }) => {
    const body = Buffer.from("k8s\0");
    for (const type of ["application/vnd.kubernetes.protobuf", "application/cbor"]) {
      const answer = await widgets.post(body, { fieldValidation: "Ignore" }, typed(type));
      expect([type, [400, 415].includes(answer.status)]).toEqual([type, true]);
    }
  });
});

describe("tables", () => {
  const isTable = (rows: unknown[][]) => ({
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    rows: rows.map((cells) => ({ cells })),
  });

  rule(38, "a list is a table with columns, rows and its revision", async ({ widgets }) => {
    await widgets.make("a", { spec: { size: 3, title: "A" } });
    await widgets.make("b", { spec: {} });
    await widgets.patch("b/status", { status: { phase: "Good" } });
    const { headers, json } = await get(widgets, "", KUBECTL);
    expect(headers["content-type"]).toMatch(/as=Table/);
    const age = expect.anything() as unknown;
    expect(json).toMatchObject(
      isTable([
        ["a", null, 3, "A", age],
        ["b", "Good", null, null, age],
      ]),
    );
    expect(json.columnDefinitions).toMatchObject([
      { name: "Name", type: "string", format: "name", priority: 0 },
      { name: "Phase", type: "string", description: "Where it is.", priority: 0 },
      { name: "Size", type: "integer", priority: 0 },
      { name: "Title", type: "string", priority: 1 },
      { name: "Age", type: "date", priority: 0 },
    ]);
    expect(json.metadata.resourceVersion).toMatch(/^\d+$/);
  });

  rule(38, "pages of a table say how to go on, and how much is left", async ({ widgets }) => {
    for (const name of ["a", "b", "c"]) await widgets.make(name);
    const { json } = await get(widgets, "", TABLE, { limit: 1 });
    expect(json.rows).toHaveLength(1);
    expect(json.metadata).toMatchObject({ remainingItemCount: 2, continue: expect.stringMatching(/./) });
  });

  rule(38, "one object is a table as well, and so is every write of one", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      const { url, api } = { url: (name: string) => objects.url(name), api: objects.api };
      const ask = (method: string, name: string, body?: object, type = JSON_TYPE) =>
        api.ask(url(name), {
          method,
          body,
          headers: { accept: KUBECTL, ...(body && { "content-type": type }) },
        });
      const table = { kind: "Table", rows: [{ cells: expect.arrayContaining(["a"]) }] };
      expect(await ask("POST", "", objects.object("a"))).toMatchObject({ status: 201, json: table });
      expect(await ask("GET", "a")).toMatchObject({ status: 200, json: table });
      const next = await objects.read("a");
      expect(await ask("PUT", "a", next)).toMatchObject({ status: 200, json: table });
      const held = { metadata: { finalizers: ["conformance.example.com/hold"] } };
      expect(await ask("PATCH", "a", held, MERGE)).toMatchObject({ status: 200, json: table });
      expect(await ask("DELETE", "a")).toMatchObject({ status: 200, json: table });
      await objects.merge("a", { metadata: { finalizers: null } });
    }
  });

  rule(38, "a date of a custom type is told as an age", async ({ widgets }) => {
    await widgets.make("a");
    const { json } = await get(widgets, "a", TABLE);
    expect(json.rows[0].cells.at(-1)).toMatch(/^(\d+s|<unknown>)$/);
  });

  rule(39, "rows carry the metadata, the object or nothing, as one asks", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      await objects.make("a", {}, { labels: { app: "web" } });
      const objectFor = async (query: object) =>
        (await get(objects, "", TABLE, { ...query, limit: 1 })).json.rows[0].object;
      const selected = { labelSelector: "app=web" };
      const partial = {
        kind: "PartialObjectMetadata",
        apiVersion: "meta.k8s.io/v1",
        metadata: { name: "a", labels: { app: "web" } },
      };
      expect(await objectFor(selected)).toMatchObject(partial);
      expect(await objectFor({ ...selected, includeObject: "Metadata" })).toMatchObject(partial);
      expect(await objectFor({ ...selected, includeObject: "Object" })).toMatchObject({
        kind: objects.place.kind,
        metadata: { name: "a" },
      });
      expect((await objectFor({ ...selected, includeObject: "None" })) ?? null).toBeNull();
    }
  });

  rule(39, "another includeObject is 400", async ({ widgets }) => {
    await widgets.make("a");
    for (const name of ["", "a"]) {
      expect(await get(widgets, name, TABLE, { includeObject: "Some" })).toMatchObject({ status: 400 });
    }
  });

  rule(40, "errors are a Status, whatever was asked for", async ({ widgets }) => {
    for (const accept of [TABLE, KUBECTL, PARTIAL]) {
      const { headers, json } = await get(widgets, "nobody", accept);
      expect([accept, headers["content-type"]]).toEqual([accept, JSON_TYPE]);
      expect(json).toMatchObject({ kind: "Status", apiVersion: "v1", reason: "NotFound", code: 404 });
    }
    const invalid = await widgets.post(widgets.object("A"), {}, accepting(TABLE));
    expect(invalid).toMatchObject({ status: 422, json: { kind: "Status", reason: "Invalid" } });
  });
});

describe("only the metadata", () => {
  rule(41, "of one object, when it is read, made and changed", async ({ widgets }) => {
    const ask = (method: string, name: string, body?: object, type = JSON_TYPE) => {
      const headers = { accept: PARTIAL, ...(body && { "content-type": type }) };
      return widgets.api.ask(widgets.url(name), { method, body, headers });
    };
    const created = await ask("POST", "", widgets.object("a", { spec: { title: "A" } }));
    expect(created.status).toBe(201);
    const patched = await ask("PATCH", "a", { metadata: { labels: { app: "web" } } }, MERGE);
    const read = await ask("GET", "a");
    for (const { headers, json } of [created, patched, read]) {
      expect(headers["content-type"]).toMatch(/as=PartialObjectMetadata\b/);
      expect(Object.keys(json as object).toSorted()).toEqual(["apiVersion", "kind", "metadata"]);
      expect(json).toMatchObject({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" });
    }
    const { metadata } = await widgets.read("a");
    expect(read.json.metadata).toEqual(metadata);
  });

  rule(41, "of a list, with its revision and its pages", async ({ widgets }) => {
    for (const name of ["a", "b"]) await widgets.make(name);
    const { json } = await get(widgets, "", PARTIAL_LIST, { limit: 1 });
    expect(json).toMatchObject({
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/), remainingItemCount: 1 },
      items: [{ metadata: { name: "a" } }],
    });
    expect(json.metadata.continue).not.toBe("");
    expect(json.items[0].spec).toBeUndefined();
  });

  rule(41, "of a watch", async ({ widgets }) => {
    const watch = await widgets.watch({}, accepting(PARTIAL));
    await widgets.make("a", { spec: { title: "A" } });
    const [added] = await watch.first(1);
    expect(added).toMatchObject({
      type: "ADDED",
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } },
    });
    expect(added!.object.spec).toBeUndefined();
  });

  rule(41, "a form that nobody knows is 406, unless there is another choice", async ({ widgets }) => {
    await widgets.make("a");
    const unknown = "application/json;as=Picture;v=v1;g=meta.k8s.io";
    expect(await get(widgets, "a", unknown)).toMatchObject({ status: 406 });
    expect(await get(widgets, "a", `${unknown},application/json`)).toMatchObject({
      json: { kind: "Widget" },
    });
    expect(await get(widgets, "a", CLIENT_GO)).toMatchObject({ json: { kind: "Widget" } });
  });
});
