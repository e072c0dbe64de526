import { describe, expect } from "vitest";
import { stringify } from "yaml";
import type { Answer, Json } from "./client.ts";
import { APPLY, type Collection, MERGE, well } from "./collection.ts";
import { rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const FORCE = { force: true };

/** What an applier leaves; it must have gone well. */
async function applied(objects: Collection, fields: object, manager: string, query = {}): Promise<Json> {
  const answer = await objects.apply("a", fields, manager, query);
  expect([manager, answer.status === 200 || answer.status === 201, answer.text]).toEqual([
    manager,
    true,
    answer.text,
  ]);
  return answer.json;
}

const causesOf = ({ json }: Answer): Json[] => (json.details?.causes ?? []) as Json[];

describe("what an apply must say", () => {
  rule(66, "it makes what is not there, and changes what is", async ({ widgets, configMaps }) => {
    for (const [objects, one, two] of [
      [widgets, { spec: { size: 1 } }, { spec: { size: 2 } }],
      [configMaps, { data: { x: "1" } }, { data: { x: "2" } }],
    ] as const) {
      expect(await objects.apply("a", one, "me")).toMatchObject({ status: 201, json: one });
      expect(await objects.apply("a", two, "me")).toMatchObject({ status: 200, json: two });
    }
  });

  rule(66, "JSON and YAML are the same", async ({ widgets }) => {
    const body = widgets.object("a", { spec: { title: "yes" } });
    const query = { fieldManager: "me" };
    expect(await widgets.patch("a", stringify(body), APPLY, query)).toMatchObject({ status: 201 });
    const again = await widgets.patch("a", JSON.stringify(body), APPLY, query);
    expect(again).toMatchObject({ status: 200, json: { spec: { title: "yes" } } });
  });

  rule(66, "who applies must say who it is", async ({ widgets }) => {
    const answer = await widgets.patch("a", widgets.object("a"), APPLY);
    expect(answer).toMatchObject({ status: 422, json: { reason: "Invalid" } });
    expect(answer.text).toContain("fieldManager");
    expect(await widgets.get("a")).toMatchObject({ status: 404 });
  });

  rule(66, "apiVersion, kind and name must be there, and be those of the URL", async ({ widgets }) => {
    const query = { fieldManager: "me" };
    const body = widgets.object("a") as Record<string, unknown>;
    for (const wrong of [
      { ...body, apiVersion: undefined },
      { ...body, kind: undefined },
      { ...body, kind: "Gadget" },
      { ...body, apiVersion: "example.com/v1" },
      { ...body, metadata: { name: "b" } },
    ]) {
      const { status } = await widgets.patch("a", wrong, APPLY, query);
      expect([wrong, status]).toEqual([wrong, 400]);
    }
  });

  rule(66, "with the uid of an object that is not there nothing is made", async ({ widgets }) => {
    const uid = "11111111-1111-4111-8111-111111111111";
    const body = widgets.object("a", {}, { uid });
    const query = { fieldManager: "me" };
    expect(await widgets.patch("a", body, APPLY, query)).toMatchObject({
      status: 409,
      json: { reason: "Conflict" },
    });
    expect(await widgets.get("a")).toMatchObject({ status: 404 });
  });

  rule(67, "managedFields may not be applied", async ({ widgets }) => {
    const body = widgets.object("a", {}, { managedFields: [{ manager: "me", operation: "Apply" }] });
    const { status, json } = await widgets.patch("a", body, APPLY, { fieldManager: "me" });
    expect([status, json.reason]).toEqual([400, "BadRequest"]);
    expect(json.message).toContain("metadata.managedFields must be nil");
  });

  rule(
    73,
    "a field that the schema does not have makes it fail, whatever is said of validation",
    async ({ widgets }) => {
      for (const fieldValidation of ["Ignore", "Warn", "Strict"]) {
        const answer = await widgets.apply("a", { spec: { sise: 1 } }, "me", { fieldValidation });
        expect([fieldValidation, [400, 422, 500].includes(answer.status)]).toEqual([fieldValidation, true]);
        expect(answer.json.message).toContain("sise");
      }
      expect(await widgets.get("a")).toMatchObject({ status: 404 });
    },
  );
});

describe("how it merges", () => {
  rule(69, "what a manager does not say any more is gone", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t", size: 1, nested: { left: "l" } } }, "me");
    const { spec } = await applied(widgets, { spec: { size: 1 } }, "me");
    expect(spec).toEqual({ size: 1, mode: "plain" });
  });

  rule(69, "unless another one owns it", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t", size: 1 } }, "me");
    await applied(widgets, { spec: { size: 1 } }, "other");
    expect((await applied(widgets, { spec: { title: "t" } }, "me")).spec).toMatchObject({
      title: "t",
      size: 1,
    });
    expect((await applied(widgets, { spec: {} }, "other")).spec).toEqual({ title: "t", mode: "plain" });
  });

  rule(69, "what others have written stays", async ({ widgets }) => {
    await widgets.make("a", { spec: { title: "t", labels: { x: "1" } } }, { labels: { app: "web" } });
    const { spec, metadata } = await applied(widgets, { spec: { labels: { y: "2" } } }, "me");
    expect(spec).toMatchObject({ title: "t", labels: { x: "1", y: "2" } });
    expect(metadata.labels).toEqual({ app: "web" });
  });

  rule(69, "a list without a type is one value", async ({ widgets }) => {
    await applied(widgets, { spec: { steps: ["a", "b"] } }, "me");
    expect(await widgets.apply("a", { spec: { steps: ["b"] } }, "other")).toMatchObject({ status: 409 });
    expect((await applied(widgets, { spec: { steps: ["c"] } }, "me")).spec.steps).toEqual(["c"]);
  });

  rule(69, "of a set each applier has its own items", async ({ widgets }) => {
    await applied(widgets, { spec: { tags: ["a", "b"] } }, "me");
    expect((await applied(widgets, { spec: { tags: ["c"] } }, "other")).spec.tags).toEqual(["a", "b", "c"]);
    expect((await applied(widgets, { spec: { tags: ["b"] } }, "me")).spec.tags).toEqual(["b", "c"]);
  });

  rule(69, "items of a list with keys are merged by their keys", async ({ widgets }) => {
    await applied(widgets, { spec: { ports: [{ name: "http", port: 80 }] } }, "me");
    const ports = [
      { name: "http", host: "h" },
      { name: "metrics", port: 90 },
    ];
    const both = await applied(widgets, { spec: { ports } }, "other");
    expect(both.spec.ports).toEqual([
      { name: "http", port: 80, host: "h" },
      { name: "metrics", port: 90 },
    ]);
    const left = await applied(widgets, { spec: { ports: [{ name: "metrics", port: 90 }] } }, "other");
    expect(left.spec.ports).toEqual([
      { name: "http", port: 80 },
      { name: "metrics", port: 90 },
    ]);
  });

  rule(69, "a map is merged by its keys, one that is atomic is one value", async ({ widgets }) => {
    await applied(widgets, { spec: { labels: { x: "1" }, frozen: { x: "1" } } }, "me");
    const more = await applied(widgets, { spec: { labels: { y: "2" } } }, "other");
    expect(more.spec.labels).toEqual({ x: "1", y: "2" });
    expect(await widgets.apply("a", { spec: { frozen: { y: "2" } } }, "third")).toMatchObject({
      status: 409,
    });
    const taken = await applied(widgets, { spec: { frozen: { y: "2" } } }, "third", FORCE);
    expect(taken.spec.frozen).toEqual({ y: "2" });
  });

  rule(69, "what is not described any further is merged by its keys", async ({ widgets }) => {
    await applied(widgets, { spec: { anything: { deep: { x: 1 }, list: [1] } } }, "me");
    const more = await applied(widgets, { spec: { anything: { deep: { y: 2 } } } }, "other");
    expect(more.spec.anything).toEqual({ deep: { x: 1, y: 2 }, list: [1] });
    const less = await applied(widgets, { spec: { anything: { deep: { x: 1 } } } }, "me");
    expect(less.spec.anything).toEqual({ deep: { x: 1, y: 2 } });
  });

  rule(69, "labels, annotations and finalizers are merged as well", async ({ configMaps }) => {
    const as = (metadata: object, manager: string) =>
      configMaps.patch("a", configMaps.object("a", {}, metadata), APPLY, { fieldManager: manager });
    const [one, two] = ["conformance.example.com/one", "conformance.example.com/two"];
    await as({ labels: { x: "1" }, annotations: { x: "1" }, finalizers: [one] }, "me");
    const { metadata } = well(await as({ labels: { y: "2" }, finalizers: [two] }, "other"), 200);
    expect(metadata).toMatchObject({ labels: { x: "1", y: "2" }, annotations: { x: "1" } });
    expect((metadata.finalizers as string[]).toSorted()).toEqual([one, two]);
    const left = well(await as({}, "me"), 200);
    expect(left.metadata).toMatchObject({ labels: { y: "2" }, finalizers: [two] });
    expect(left.metadata.annotations ?? {}).toEqual({});
    await as({}, "other");
  });

  rule(69, "two items of one key are refused", async ({ widgets }) => {
    for (const spec of [{ tags: ["a", "a"] }, { ports: [{ name: "x" }, { name: "x" }] }]) {
      const { status } = await widgets.apply("a", { spec }, "me");
      expect([spec, status >= 400 && status <= 500]).toEqual([spec, true]);
    }
    expect(await widgets.get("a")).toMatchObject({ status: 404 });
  });

  rule(69, "every version of a kind owns the same fields", async ({ widgets }) => {
    const old = widgets.at({ root: `/apis/${GROUP}/v1beta1` });
    await applied(old, { spec: { title: "t", size: 1 } }, "me");
    const { spec } = await applied(widgets, { spec: { title: "t" } }, "me");
    expect(spec).toEqual({ title: "t", mode: "plain" });
  });
});

describe("conflicts", () => {
  rule(
    70,
    "an apply that would change a field of another manager is refused, and says which",
    async ({ widgets }) => {
      const before = await applied(widgets, { spec: { title: "t", size: 1 } }, "me");
      const answer = await widgets.apply("a", { spec: { title: "u", size: 1 } }, "other");
      expect(answer).toMatchObject({ status: 409, json: { reason: "Conflict" } });
      const one = /^conflict with "me"( using \S+)?$/;
      expect(answer.json.message).toMatch(
        /^Apply failed with 1 conflict: conflict with "me"( using \S+)?: \.spec\.title$/,
      );
      expect(causesOf(answer)).toEqual([
        { reason: "FieldManagerConflict", message: expect.stringMatching(one), field: ".spec.title" },
      ]);
      expect(await widgets.read("a")).toEqual(before);
    },
  );

  rule(70, "of several each is a cause", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t", size: 1, ports: [{ name: "http", port: 80 }] } }, "me");
    const spec = { title: "u", size: 2, ports: [{ name: "http", port: 81 }] };
    const answer = await widgets.apply("a", { spec }, "other");
    expect(answer.json.message).toMatch(/^Apply failed with 3 conflicts: conflicts with "me"/);
    const fields = causesOf(answer).map(({ field }) => field as string);
    expect(fields.toSorted()).toEqual(['.spec.ports[name="http"].port', ".spec.size", ".spec.title"]);
    for (const field of fields) expect(answer.json.message).toContain(`\n- ${field}`);
  });

  rule(70, "who has written without applying is asked as well, and in which version", async ({ widgets }) => {
    const query = { fieldManager: "editor" };
    await widgets.post(widgets.object("a", { spec: { title: "t" } }), query);
    const answer = await widgets.apply("a", { spec: { title: "u" } }, "me");
    expect(answer.status).toBe(409);
    expect(answer.json.message).toContain(`conflict with "editor" using ${GROUP}/v1`);
  });

  rule(70, "the same value is no conflict, and has two owners", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t" } }, "me");
    const { metadata } = await applied(widgets, { spec: { title: "t" } }, "other");
    const owners = (metadata.managedFields as Json[]).filter(
      ({ fieldsV1 }) => fieldsV1["f:spec"]?.["f:title"],
    );
    expect(owners.map(({ manager }) => manager as string).toSorted()).toEqual(["me", "other"]);
    const answer = await widgets.apply("a", { spec: { title: "u" } }, "third");
    expect(causesOf(answer)).toHaveLength(2);
  });

  rule(70, "force takes a field from all others", async ({ widgets }) => {
    await applied(widgets, { spec: { title: "t", size: 1 } }, "me");
    await applied(widgets, { spec: { title: "t" } }, "other");
    const { spec, metadata } = await applied(widgets, { spec: { title: "u" } }, "third", FORCE);
    expect(spec).toMatchObject({ title: "u", size: 1 });
    const owners = (metadata.managedFields as Json[]).filter(
      ({ fieldsV1 }) => fieldsV1["f:spec"]?.["f:title"],
    );
    expect(owners).toMatchObject([{ manager: "third", operation: "Apply" }]);
  });

  rule(70, "a dry run tells of conflicts too, and writes nothing", async ({ widgets }) => {
    const before = await applied(widgets, { spec: { title: "t" } }, "me");
    const dry = { dryRun: "All" };
    expect(await widgets.apply("a", { spec: { title: "u" } }, "other", dry)).toMatchObject({ status: 409 });
    expect(await widgets.apply("a", { spec: { title: "u" } }, "other", { ...dry, ...FORCE })).toMatchObject({
      status: 200,
      json: { spec: { title: "u" } },
    });
    expect(await widgets.patch("a", {}, MERGE)).toMatchObject({ json: before });
  });
});
