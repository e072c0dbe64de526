import { describe, expect } from "vitest";
import type { Json } from "./client.ts";
import { type Collection, JSON_PATCH, MERGE, well } from "./collection.ts";
import { mistake, rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const entriesOf = ({ metadata }: Json): Json[] => (metadata.managedFields ?? []) as Json[];
const entryOf = (object: Json, manager: string): Json =>
  entriesOf(object).find((entry) => entry.manager === manager);
const managersOf = (object: Json): string[] => entriesOf(object).map(({ manager }) => manager as string);

const applied = async (objects: Collection, fields: object, manager: string): Promise<Json> => {
  const { status, json, text } = await objects.apply("a", fields, manager);
  expect([status < 300, text]).toEqual([true, text]);
  return json;
};

/** A patch by somebody. */
const changed = async (objects: Collection, patch: object, fieldManager: string): Promise<Json> =>
  well(await objects.patch("a", patch, MERGE, { fieldManager }), 200);

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

describe("entries", () => {
  rule(68, "an entry says who, how, in which version, when and what", async ({ widgets }) => {
    const object = await applied(widgets, { spec: { title: "t" } }, "me");
    expect(entriesOf(object)).toEqual([
      {
        manager: "me",
        operation: "Apply",
        apiVersion: `${GROUP}/v1`,
        time: expect.stringMatching(SECONDS) as string,
        fieldsType: "FieldsV1",
        fieldsV1: { "f:spec": { "f:title": {} } },
      },
    ]);
    const updated = await changed(widgets, { spec: { size: 1 } }, "editor");
    expect(entryOf(updated, "editor")).toMatchObject({
      operation: "Update",
      fieldsV1: { "f:spec": { "f:size": {} } },
    });
  });

  rule(68, "an applier has one entry, and who updates one for each version", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t" } }, "me");
    await changed(widgets, { spec: { size: 1 } }, "me");
    await changed(widgets, { spec: { size: 2 } }, "me");
    const old = widgets.at({ root: `/apis/${GROUP}/v1beta1` });
    await changed(old, { spec: { replicas: 1 } }, "me");
    const object = await applied(widgets, { spec: { title: "u" } }, "me");
    const ids = entriesOf(object).map(
      (entry) => `${entry.operation as string} ${entry.apiVersion as string}`,
    );
    expect(ids.toSorted()).toEqual([`Apply ${GROUP}/v1`, `Update ${GROUP}/v1`, `Update ${GROUP}/v1beta1`]);
  });

  rule(68, "fields, items and values are written in the grammar of FieldsV1", async ({ widgets }) => {
    const spec = {
      tags: ["x"],
      ports: [{ name: "http", port: 80 }],
      steps: ["a"],
      labels: { k: "v" },
      frozen: { k: "v" },
    };
    const object = await applied(widgets, { spec }, "me");
    expect(entriesOf(object)[0].fieldsV1["f:spec"]).toEqual({
      "f:tags": { 'v:"x"': {} },
      "f:ports": { 'k:{"name":"http"}': { ".": {}, "f:name": {}, "f:port": {} } },
      "f:steps": {},
      "f:labels": { "f:k": {} },
      "f:frozen": {},
    });
    expect(object.metadata.managedFields).not.toEqual(expect.stringContaining('"i:'));
  });

  rule(
    68,
    "what names an object, and what the server gives, is owned by nobody",
    async ({ widgets, configMaps }) => {
      for (const objects of [widgets, configMaps]) {
        const made = await objects.make("a", {}, { labels: { app: "web" } });
        const object = well(
          await objects.put("a", { ...made, metadata: { ...made.metadata, labels: { app: "db" } } }),
          200,
        );
        for (const entry of entriesOf(object)) {
          const fields = entry.fieldsV1;
          expect(Object.keys(fields as object)).not.toEqual(
            expect.arrayContaining([expect.stringMatching(/^f:(apiVersion|kind)$/)]),
          );
          expect(Object.keys((fields["f:metadata"] ?? {}) as object)).toEqual(["f:labels"]);
        }
      }
    },
  );
});

describe("writes that do not apply", () => {
  rule(71, "a field goes to who changes it, and leaves all others", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t", size: 1 } }, "me");
    const object = await changed(widgets, { spec: { title: "u" } }, "editor");
    expect(entryOf(object, "editor")).toMatchObject({
      operation: "Update",
      fieldsV1: { "f:spec": { "f:title": {} } },
    });
    expect(entryOf(object, "me").fieldsV1["f:spec"]).toEqual({ "f:size": {} });
    const answer = await widgets.apply("a", { spec: { title: "t", size: 1 } }, "me");
    expect(answer).toMatchObject({ status: 409 });
  });

  rule(71, "a field that is written again as it was keeps its owners", async ({ widgets }) => {
    const made = await applied(widgets, { spec: { title: "t", size: 1 } }, "me");
    const query = { fieldManager: "editor" };
    const { json } = await widgets.put("a", { ...made, spec: { ...made.spec, size: 2 } }, query);
    expect(entryOf(json, "me").fieldsV1["f:spec"]).toEqual({ "f:title": {} });
    expect(entryOf(json, "editor").fieldsV1["f:spec"]).toEqual({ "f:size": {} });
  });

  rule(71, "a field that is taken away has no owner any more", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t", size: 1 } }, "me");
    const object = await changed(widgets, { spec: { title: null } }, "editor");
    expect(entryOf(object, "me").fieldsV1["f:spec"]).toEqual({ "f:size": {} });
    expect(JSON.stringify(object.metadata.managedFields)).not.toContain("f:title");
  });

  rule(71, "the manager is the parameter, else the program", async ({ widgets }) => {
    const post = (name: string, query: Record<string, string>, agent: string | undefined) =>
      widgets.post(widgets.object(name, { spec: { size: 1 } }), query, { headers: { "user-agent": agent } });
    expect(managersOf((await post("a", { fieldManager: "me" }, "tool/1.0")).json)).toEqual(["me"]);
    expect(managersOf((await post("b", {}, "tool/1.0 (linux)")).json)).toEqual(["tool"]);
  });

  rule(71, "its name is at most 128 printable characters", async ({ widgets }) => {
    await widgets.make("a");
    for (const fieldManager of ["m".repeat(129), "a\u0007b"]) {
      for (const answer of [
        await widgets.post(widgets.object("b"), { fieldManager }),
        await widgets.patch("a", { spec: { size: 1 } }, MERGE, { fieldManager }),
        await widgets.apply("a", { spec: { size: 1 } }, fieldManager),
      ]) {
        expect(answer).toMatchObject({ status: 422, json: { reason: "Invalid" } });
      }
    }
    expect(await widgets.post(widgets.object("b"), { fieldManager: "m".repeat(128) })).toMatchObject({
      status: 201,
    });
  });

  rule(71, "of more than ten that update, the oldest are told as one", async ({ configMaps }) => {
    await configMaps.make("a", { data: { first: "x" } });
    for (let i = 0; i < 14; i++) await changed(configMaps, { data: { [`k${i}`]: "x" } }, `manager-${i}`);
    const object = await configMaps.read("a");
    const updates = entriesOf(object).filter(({ operation }) => operation === "Update");
    expect(updates.length).toBeLessThanOrEqual(10);
    const ancient = entryOf(object, "ancient-changes");
    expect(ancient.fieldsV1["f:data"]).toHaveProperty("f:k0");
    expect(managersOf(object)).toContain("manager-13");
  });
});

describe("clearing", () => {
  rule(72, "an empty entry clears what is known, and the next apply begins again", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t" } }, "me");
    const patch = { metadata: { managedFields: [{}] } };
    expect(entriesOf(well(await widgets.patch("a", patch, MERGE), 200))).toEqual([]);
    const object = await applied(widgets, { spec: { size: 1 } }, "other");
    expect(managersOf(object)).toContain("other");
    expect(object.spec).toMatchObject({ title: "t", size: 1 });
  });

  rule(72, "so does a PUT without entries", async ({ widgets }) => {
    const made = await applied(widgets, { spec: { title: "t" } }, "me");
    const { json } = await widgets.put("a", { ...made, metadata: { ...made.metadata, managedFields: [] } });
    expect(entriesOf(json)).toEqual([]);
  });

  rule(72, "who leaves managedFields out changes nothing about them", async ({ widgets }) => {
    const made = await applied(widgets, { spec: { title: "t" } }, "me");
    const { managedFields: _, ...metadata } = made.metadata as Record<string, unknown>;
    const { json } = await widgets.put("a", { ...made, metadata: { ...metadata, labels: { app: "web" } } });
    expect(managersOf(json)).toEqual(expect.arrayContaining(["me"]));
  });

  mistake(
    13,
    "kubectl's way from client-side to server-side apply leaves one manager",
    async ({ configMaps }) => {
      const query = { fieldManager: "kubectl-client-side-apply" };
      const annotation = "kubectl.kubernetes.io/last-applied-configuration";
      const fields = { data: { x: "1", y: "2" } };
      await configMaps.post(configMaps.object("a", fields, { annotations: { [annotation]: "{}" } }), query);
      // kubectl applies by force, then hands what the old manager owned to the new one, by a patch of managedFields.
      const object = well(await configMaps.apply("a", fields, "kubectl", { force: true }), 200);
      const { resourceVersion } = object.metadata;
      const mine = entryOf(object, "kubectl") as object;
      const operations = [
        { op: "replace", path: "/metadata/managedFields", value: [mine] },
        { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion as string },
      ];
      const migrated = well(await configMaps.patch("a", operations, JSON_PATCH), 200);
      expect(managersOf(migrated)).toEqual(["kubectl"]);
      const { data } = await applied(configMaps, { data: { x: "1" } }, "kubectl");
      expect(data).toEqual({ x: "1" });
    },
  );

  rule(
    72,
    "a patch of managedFields is refused if the object has changed meanwhile",
    async ({ configMaps }) => {
      const object = await applied(configMaps, { data: { x: "1" } }, "kubectl");
      await changed(configMaps, { data: { y: "1" } }, "editor");
      const operations = [
        { op: "replace", path: "/metadata/managedFields", value: [{}] },
        {
          op: "replace",
          path: "/metadata/resourceVersion",
          value: object.metadata.resourceVersion as string,
        },
      ];
      expect(await configMaps.patch("a", operations, JSON_PATCH)).toMatchObject({ status: 409 });
      expect(managersOf(await configMaps.read("a")).toSorted()).toEqual(["editor", "kubectl"]);
    },
  );
});
