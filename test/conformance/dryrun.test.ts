import { describe, expect } from "vitest";
import type { Answer, Json } from "./client.ts";
import { APPLY, type Collection, JSON_PATCH, MERGE } from "./collection.ts";
import { mistake, rule } from "./suite.ts";

const DRY = { dryRun: "All" };
const STRICT = { fieldValidation: "Strict" };

/** That nothing of what was done has been written, told or counted. */
async function expectUnwritten(objects: Collection, act: () => Promise<void>): Promise<void> {
  const before = (await objects.get()).json.items as Json[];
  const watch = await objects.watch({ resourceVersion: await objects.revision() });
  await act();
  expect((await objects.get()).json.items).toEqual(before);
  await objects.make("z-marker");
  expect((await watch.first(1))[0]!.object.metadata.name).toBe("z-marker");
}

describe("dryRun", () => {
  rule(74, "a create answers as if, with defaults, and writes nothing", async ({ widgets }) => {
    await expectUnwritten(widgets, async () => {
      const { status, json } = await widgets.post(widgets.object("a", { spec: { size: 1 } }), DRY);
      expect(status).toBe(201);
      expect(json).toMatchObject({
        kind: "Widget",
        metadata: { name: "a" },
        spec: { size: 1, mode: "plain" },
      });
      expect(json.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(json.metadata.creationTimestamp).toMatch(/Z$/);
      expect(json.metadata).not.toHaveProperty("resourceVersion");
    });
  });

  rule(74, "an update and every kind of patch answer as if, and write nothing", async ({ widgets }) => {
    const made = await widgets.make("a", { spec: { title: "t" } });
    await expectUnwritten(widgets, async () => {
      const wanted = { status: 200, json: { spec: { title: "u" } } };
      expect(await widgets.put("a", { ...made, spec: { title: "u" } }, DRY)).toMatchObject(wanted);
      expect(await widgets.patch("a", { spec: { title: "u" } }, MERGE, DRY)).toMatchObject(wanted);
      const operation = { op: "replace", path: "/spec/title", value: "u" };
      expect(await widgets.patch("a", [operation], JSON_PATCH, DRY)).toMatchObject(wanted);
      const query = { ...DRY, fieldManager: "me", force: true };
      const body = widgets.object("a", { spec: { title: "u" } });
      expect(await widgets.patch("a", body, APPLY, query)).toMatchObject(wanted);
    });
  });

  rule(74, "an apply of what is not there answers 201, and makes nothing", async ({ widgets }) => {
    expect(await widgets.apply("a", { spec: { size: 1 } }, "me", DRY)).toMatchObject({ status: 201 });
    expect(await widgets.get("a")).toMatchObject({ status: 404 });
  });

  rule(
    74,
    "a delete answers as if, by the query or by the body, and of collections too",
    async ({ widgets }) => {
      await widgets.make("a");
      await widgets.make("b");
      const body = { kind: "DeleteOptions", apiVersion: "v1", dryRun: ["All"] };
      await expectUnwritten(widgets, async () => {
        expect(await widgets.delete("a", undefined, DRY)).toMatchObject({
          status: 200,
          json: { status: "Success" },
        });
        expect(await widgets.delete("a", body)).toMatchObject({ status: 200, json: { status: "Success" } });
        expect(await widgets.delete("", undefined, DRY)).toMatchObject({ status: 200 });
        expect(await widgets.delete("", body)).toMatchObject({ status: 200 });
      });
    },
  );

  rule(74, "every check is made: what would fail fails", async ({ widgets }) => {
    const made = await widgets.make("a");
    await widgets.merge("a", { spec: { size: 1 } });
    const { status } = await widgets.post(widgets.object("a"), DRY);
    expect(status).toBe(409);
    expect(await widgets.put("a", made, DRY)).toMatchObject({ status: 409 });
    expect(await widgets.post(widgets.object("B"), DRY)).toMatchObject({ status: 422 });
    expect(await widgets.patch("a", { spec: { size: -1 } }, MERGE, DRY)).toMatchObject({ status: 422 });
    expect(await widgets.delete("nobody", undefined, DRY)).toMatchObject({ status: 404 });
    expect(await widgets.patch("nobody", {}, MERGE, DRY)).toMatchObject({ status: 404 });
  });

  rule(74, "any other value is 422, and nothing is done", async ({ widgets }) => {
    const made = await widgets.make("a");
    for (const dryRun of ["true", "Some", "all", "All,All"]) {
      const answers: Answer[] = [
        await widgets.post(widgets.object("b"), { dryRun }),
        await widgets.put("a", { ...made, spec: { size: 1 } }, { dryRun }),
        await widgets.patch("a", { spec: { size: 1 } }, MERGE, { dryRun }),
        await widgets.delete("a", undefined, { dryRun }),
      ];
      expect([dryRun, answers.map(({ status }) => status)]).toEqual([dryRun, [422, 422, 422, 422]]);
    }
    expect(await widgets.read("a")).toEqual(made);
    expect(await widgets.names()).toEqual(["a"]);
  });

  mistake(
    16,
    "what `kubectl diff` does leaves no trace, for built-in types too",
    async ({ configMaps, leases }) => {
      for (const objects of [configMaps, leases]) {
        const made = await objects.make("a");
        expect(await objects.apply("a", {}, "kubectl", { ...DRY, force: true })).toMatchObject({
          status: 200,
        });
        expect(await objects.apply("b", {}, "kubectl", DRY)).toMatchObject({ status: 201 });
        expect(await objects.read("a")).toEqual(made);
        expect(await objects.get("b")).toMatchObject({ status: 404 });
      }
    },
  );
});

/** Two mistakes: a field that is unknown, and one that is there twice. */
const badText = (widgets: Collection, name: string): string => {
  const { apiVersion } = widgets;
  return `{"apiVersion":"${apiVersion}","kind":"Widget","metadata":{"name":"${name}","lables":{}},"spec":{"sise":1,"size":1,"size":2}}`;
};

describe("fieldValidation", () => {
  rule(75, "Strict refuses what is unknown or there twice, in metadata as well", async ({ widgets }) => {
    const { status, json } = await widgets.post(badText(widgets, "a"), STRICT);
    expect([status, json.reason]).toEqual([400, "BadRequest"]);
    expect(json.message).toMatch(/strict decoding error: /);
    for (const problem of [
      'unknown field "metadata.lables"',
      'unknown field "spec.sise"',
      'duplicate field "spec.size"',
    ]) {
      expect(json.message).toContain(problem);
    }
    expect(await widgets.get("a")).toMatchObject({ status: 404 });
  });

  rule(75, "Warn, which is what is done unasked, gives a header for each", async ({ widgets }) => {
    for (const [name, query] of [
      ["a", {}],
      ["b", { fieldValidation: "Warn" }],
    ] as const) {
      const { status, headers } = await widgets.post(badText(widgets, name), query);
      expect(status).toBe(201);
      for (const problem of ["unknown field", "duplicate field"]) {
        expect(headers.warning).toMatch(new RegExp(`299 - "${problem} \\\\"[\\w.]+\\\\""`));
      }
      expect(headers.warning).toContain('unknown field \\"spec.sise\\"');
      expect(headers.warning).toContain('unknown field \\"metadata.lables\\"');
      expect(headers.warning).toContain('duplicate field \\"spec.size\\"');
    }
  });

  rule(75, "Ignore says nothing", async ({ widgets }) => {
    const { status, headers } = await widgets.post(badText(widgets, "a"), { fieldValidation: "Ignore" });
    expect([status, headers.warning]).toEqual([201, undefined]);
  });

  rule(75, "it holds for updates and patches, and for built-in types", async ({ widgets, configMaps }) => {
    const made = await widgets.make("a");
    expect(await widgets.put("a", { ...made, speck: {} }, STRICT)).toMatchObject({ status: 400 });
    const warned = await widgets.patch("a", { spec: { sise: 1 } });
    expect(warned.headers.warning).toContain('unknown field \\"spec.sise\\"');
    const strange = configMaps.object("a", { dta: {} });
    expect(await configMaps.post(strange, STRICT)).toMatchObject({ status: 400 });
    const { status, headers } = await configMaps.post(strange);
    expect([status, headers.warning]).toEqual([201, '299 - "unknown field \\"dta\\""']);
  });

  rule(75, "other values are 422", async ({ widgets }) => {
    await widgets.make("a");
    for (const fieldValidation of ["Maybe", "strict"]) {
      expect(await widgets.post(widgets.object("b"), { fieldValidation })).toMatchObject({ status: 422 });
      expect(await widgets.patch("a", {}, MERGE, { fieldValidation })).toMatchObject({ status: 422 });
    }
  });

  rule(76, "what is unknown is not stored, unless the schema keeps it", async ({ widgets }) => {
    const deep = { x: { y: [1, { z: null }] }, "odd key": 1 };
    const spec = { sise: 1, nested: { left: "l", middle: "m" }, anything: deep };
    await widgets.post(widgets.object("a", { spec, speck: {} }));
    const read = await widgets.read("a");
    expect(read).not.toHaveProperty("speck");
    expect(read.spec).toMatchObject({ nested: { left: "l" }, anything: { x: { y: [1, {}] }, "odd key": 1 } });
    expect(Object.keys(read.spec as object).toSorted()).toEqual(["anything", "mode", "nested"]);
    expect(Object.keys(read.spec.nested as object)).toEqual(["left"]);
    await widgets.patch("a", { spec: { sise: 2, ports: [{ name: "p", prot: 1 }] } });
    expect((await widgets.read("a")).spec.ports).toEqual([{ name: "p" }]);
  });
});
