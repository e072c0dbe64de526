import { describe, expect } from "vitest";
import type { Json } from "./client.ts";
import { APPLY, type Collection, JSON_PATCH, MERGE } from "./collection.ts";
import { rule } from "./suite.ts";

const entriesOf = ({ metadata }: Json): Json[] => metadata.managedFields as Json[];

/** A condition as a controller writes it. */
const condition = (type: string, status: string) => ({ type, status });

const conditionsOf = ({ status }: Json): string[] =>
  (status.conditions as Json[]).map((one) => `${one.type as string}=${one.status as string}`);

const good = { status: { phase: "Good" } };

describe("what each path may change", () => {
  rule(58, "the main path passes over the status, without an error", async ({ widgets }) => {
    await widgets.make("a");
    await widgets.patch("a/status", good);
    const read = await widgets.read("a");
    const put = await widgets.put("a", { ...read, spec: { size: 2 }, status: { phase: "Bad" } });
    expect(put).toMatchObject({ status: 200, json: { spec: { size: 2 }, ...good } });
    const patched = await widgets.patch("a", { spec: { size: 3 }, status: { phase: "Bad" } });
    expect(patched).toMatchObject({ status: 200, json: { spec: { size: 3 }, ...good } });
  });

  rule(58, "a PUT without a status does not take it away", async ({ widgets }) => {
    await widgets.make("a");
    const { json } = await widgets.patch("a/status", good);
    const { status: _, ...rest } = json as Record<string, unknown>;
    expect(await widgets.put("a", rest)).toMatchObject({ status: 200, json: good });
  });

  rule(58, "`/status` passes over everything else, labels too", async ({ widgets }) => {
    const made = await widgets.make("a", { spec: { size: 1 } }, { labels: { app: "web" } });
    const change = {
      metadata: { labels: { app: "db" }, annotations: { a: "1" }, finalizers: ["example.com/x"] },
      spec: { size: 2 },
      ...good,
    };
    const { metadata } = made;
    const put = await widgets.put("a/status", {
      ...made,
      ...change,
      metadata: { ...metadata, ...change.metadata },
    });
    expect(put).toMatchObject({
      status: 200,
      json: { spec: { size: 1 }, metadata: { labels: { app: "web" } }, ...good },
    });
    const patched = await widgets.patch("a/status", { ...change, status: { phase: "Better" } });
    expect(patched).toMatchObject({ status: 200, json: { spec: { size: 1 }, status: { phase: "Better" } } });
    for (const { json } of [put, patched]) {
      expect(json.metadata).not.toHaveProperty("annotations");
      expect(json.metadata).not.toHaveProperty("finalizers");
    }
  });

  rule(
    58,
    "a status write moves the revision, not the generation, and is seen as MODIFIED",
    async ({ widgets }) => {
      const made = await widgets.make("a");
      const watch = await widgets.watch({ resourceVersion: made.metadata.resourceVersion as string });
      const { json } = await widgets.patch("a/status", good);
      expect(json.metadata.generation).toBe(1);
      expect(Number(json.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
      expect(await watch.first(1)).toEqual([{ type: "MODIFIED", object: json }]);
    },
  );
});

describe("what /status can do", () => {
  rule(59, "a resourceVersion of before is a conflict", async ({ widgets }) => {
    const stale = await widgets.make("a");
    await widgets.merge("a", { spec: { size: 1 } });
    expect(await widgets.put("a/status", { ...stale, ...good })).toMatchObject({
      status: 409,
      json: { reason: "Conflict" },
    });
    expect(await widgets.read("a")).not.toHaveProperty("status");
  });

  rule(59, "it takes all kinds of patch", async ({ widgets }) => {
    await widgets.make("a");
    for (const [type, body, phase] of [
      [MERGE, { status: { phase: "1" } }, "1"],
      [JSON_PATCH, [{ op: "replace", path: "/status/phase", value: "2" }], "2"],
      [APPLY, widgets.object("a", { status: { phase: "3" } }), "3"],
    ] as const) {
      const query = type === APPLY ? { fieldManager: "me", force: true } : {};
      const answer = await widgets.patch("a/status", body, type, query);
      expect([type, answer]).toMatchObject([type, { status: 200, json: { status: { phase } } }]);
      expect((await widgets.read("a")).status.phase).toBe(phase);
    }
  });

  rule(59, "it honours dryRun and fieldValidation", async ({ widgets }) => {
    await widgets.make("a");
    const dry = await widgets.patch("a/status", good, MERGE, { dryRun: "All" });
    expect(dry).toMatchObject({ status: 200, json: good });
    expect(await widgets.read("a")).not.toHaveProperty("status");
    const strange = { status: { phase: "Good", fase: "Bad" } };
    const strict = await widgets.patch("a/status", strange, MERGE, { fieldValidation: "Strict" });
    expect(strict).toMatchObject({ status: 422 });
    const warned = await widgets.patch("a/status", strange, MERGE);
    expect(warned.headers.warning).toContain('unknown field \\"status.fase\\"');
  });

  rule(59, "it is validated", async ({ widgets }) => {
    await widgets.make("a");
    const answer = await widgets.patch("a/status", { status: { phase: 5 } });
    expect(answer).toMatchObject({ status: 422, json: { details: { causes: [{ field: "status.phase" }] } } });
  });

  rule(59, "GET gives the whole object", async ({ widgets }) => {
    await widgets.make("a", { spec: { size: 1 } });
    await widgets.patch("a/status", good);
    expect(await widgets.read("a/status")).toEqual(await widgets.read("a"));
  });

  rule(59, "its fields are owned by entries of their own", async ({ widgets }) => {
    const query = { fieldManager: "me" };
    await widgets.post(widgets.object("a", { spec: { size: 1 } }), query);
    const { json } = await widgets.patch("a/status", good, MERGE, query);
    const entries = entriesOf(json).map(({ manager, subresource, fieldsV1 }) => ({
      manager,
      subresource,
      fieldsV1,
    }));
    expect(entries).toHaveLength(2);
    expect(entries).toContainEqual({
      manager: "me",
      subresource: "status",
      fieldsV1: { "f:status": expect.objectContaining({ "f:phase": {} }) as unknown },
    });
    const main = entries.find(({ subresource }) => subresource === undefined)!;
    expect(main.fieldsV1).toHaveProperty("f:spec");
    expect(main.fieldsV1).not.toHaveProperty("f:status");
  });
});

/** What a controller applies of the conditions. */
const applyCondition = (widgets: Collection, manager: string, ...conditions: object[]) =>
  widgets.patch("a/status", widgets.object("a", { status: { conditions } }), APPLY, {
    fieldManager: manager,
  });

describe("conditions", () => {
  rule(60, "each applier keeps its own conditions, and those of others stay", async ({ widgets }) => {
    await widgets.make("a");
    await applyCondition(widgets, "one", condition("Ready", "False"));
    await applyCondition(widgets, "two", condition("Built", "True"));
    const { json } = await applyCondition(widgets, "one", condition("Ready", "True"));
    expect(conditionsOf(json).toSorted()).toEqual(["Built=True", "Ready=True"]);
    const without = await applyCondition(widgets, "two");
    expect(conditionsOf(without.json)).toEqual(["Ready=True"]);
  });

  rule(60, "two appliers of one condition are in conflict", async ({ widgets }) => {
    await widgets.make("a");
    await applyCondition(widgets, "one", condition("Ready", "False"));
    const answer = await applyCondition(widgets, "two", condition("Ready", "True"));
    expect(answer).toMatchObject({
      status: 409,
      json: { details: { causes: [{ field: '.status.conditions[type="Ready"].status' }] } },
    });
  });

  rule(60, "two conditions of one type are refused", async ({ widgets }) => {
    await widgets.make("a");
    const twice = { status: { conditions: [condition("Ready", "True"), condition("Ready", "False")] } };
    const answer = await widgets.patch("a/status", twice);
    expect(answer).toMatchObject({ status: 422, json: { reason: "Invalid" } });
  });
});
