import { describe, expect } from "vitest";
import type { Json } from "./client.ts";
import { APPLY, type Collection, JSON_PATCH, MERGE, STRATEGIC } from "./collection.ts";
import { rule } from "./suite.ts";
import { GROUP } from "./widgets.ts";

const ownerOf = ({ apiVersion, kind, metadata }: Json) => ({
  apiVersion: apiVersion as string,
  kind: kind as string,
  name: metadata.name as string,
  uid: metadata.uid as string,
});

/** What a JSON patch leaves of the spec. */
async function specAfter(widgets: Collection, spec: object, ...operations: object[]): Promise<Json> {
  const name = `n${operations.length}-${Math.random().toString(36).slice(2, 8)}`;
  await widgets.make(name, { spec });
  const answer = await widgets.patch(name, operations, JSON_PATCH);
  expect([operations, answer.status]).toEqual([operations, 200]);
  return answer.json.spec;
}

describe("JSON patch", () => {
  rule(61, "every operation does what it says", async ({ widgets }) => {
    const spec = { steps: ["a", "c"], nested: { left: "l" }, title: "t" };
    for (const [operation, wanted] of [
      [{ op: "add", path: "/spec/steps/1", value: "b" }, { steps: ["a", "b", "c"] }],
      [{ op: "add", path: "/spec/steps/-", value: "d" }, { steps: ["a", "c", "d"] }],
      [{ op: "add", path: "/spec/nested/right", value: "r" }, { nested: { left: "l", right: "r" } }],
      [{ op: "replace", path: "/spec/title", value: "u" }, { title: "u" }],
      [{ op: "remove", path: "/spec/steps/0" }, { steps: ["c"] }],
      [{ op: "move", from: "/spec/nested/left", path: "/spec/nested/right" }, { nested: { right: "l" } }],
      [
        { op: "copy", from: "/spec/title", path: "/spec/nested/right" },
        { nested: { left: "l", right: "t" } },
      ],
      [{ op: "test", path: "/spec/title", value: "t" }, spec],
    ] as const) {
      expect(await specAfter(widgets, spec, operation)).toMatchObject(wanted);
    }
  });

  rule(61, "slashes and tildes of a key are escaped", async ({ widgets }) => {
    const left = await specAfter(
      widgets,
      { labels: { "a/b": "1", "c~d": "2" } },
      { op: "replace", path: "/spec/labels/a~1b", value: "3" },
      { op: "remove", path: "/spec/labels/c~0d" },
    );
    expect(left.labels).toEqual({ "a/b": "3" });
  });

  rule(61, "it works on built-in types as well", async ({ configMaps }) => {
    await configMaps.make("a", { data: { x: "1" } });
    const answer = await configMaps.patch("a", [{ op: "add", path: "/data/y", value: "2" }], JSON_PATCH);
    expect(answer).toMatchObject({ status: 200, json: { data: { x: "1", y: "2" } } });
  });
});

describe("merge patch", () => {
  rule(61, "maps are merged, null takes away, lists are replaced", async ({ widgets }) => {
    await widgets.make("a", { spec: { title: "t", size: 1, steps: ["a", "b"], nested: { left: "l" } } });
    const patch = { spec: { size: null, steps: ["c"], nested: { right: "r" } } };
    const { json } = await widgets.patch("a", patch, MERGE);
    expect(json.spec).toEqual({ title: "t", mode: "plain", steps: ["c"], nested: { left: "l", right: "r" } });
  });

  rule(61, "all patches are offered, and nothing else", async ({ widgets }) => {
    await widgets.make("a");
    const apply = await widgets.patch("a", widgets.object("a"), APPLY, { fieldManager: "me" });
    expect(apply.status).toBe(200);
    for (const type of ["application/json", "application/yaml", "text/plain"]) {
      expect([type, await widgets.patch("a", {}, type)]).toMatchObject([type, { status: 415 }]);
    }
  });
});

describe("strategic merge patch", () => {
  rule(62, "custom types refuse it, and say what they take", async ({ widgets }) => {
    await widgets.make("a");
    const { status, json } = await widgets.patch("a", { spec: { size: 1 } }, STRATEGIC);
    expect([status, json.reason]).toEqual([415, "UnsupportedMediaType"]);
    expect(json.message).not.toContain(STRATEGIC);
  });

  rule(62, "every built-in type takes it", async ({ configMaps, leases, events, namespaces, namespace }) => {
    const labels = { metadata: { labels: { patched: "yes" } } };
    const involvedObject = { kind: "Widget", name: "a", namespace };
    const secrets = configMaps.at({ kind: "Secret", plural: "secrets" });
    for (const [objects, fields] of [
      [configMaps, {}],
      [secrets, {}],
      [leases, {}],
      [events, { involvedObject }],
    ] as const) {
      await objects.make("a", fields);
      expect([objects.place.kind, await objects.patch("a", labels, STRATEGIC)]).toMatchObject([
        objects.place.kind,
        { status: 200, json: labels },
      ]);
    }
    expect(await namespaces.patch(namespace, labels, STRATEGIC)).toMatchObject({ status: 200, json: labels });
  });

  rule(62, "an event recorder counts with it", async ({ events, namespace }) => {
    await events.make("a", {
      involvedObject: { kind: "Widget", name: "a", namespace },
      count: 1,
      reason: "Tested",
    });
    const patch = { count: 2, lastTimestamp: "2026-01-01T00:00:00Z" };
    expect(await events.patch("a", patch, STRATEGIC)).toMatchObject({
      status: 200,
      json: { ...patch, reason: "Tested" },
    });
  });

  rule(62, "maps are merged, and null takes away", async ({ configMaps }) => {
    await configMaps.make("a", { data: { x: "1", y: "2" } });
    const { json } = await configMaps.patch("a", { data: { x: null, z: "3" } }, STRATEGIC);
    expect(json.data).toEqual({ y: "2", z: "3" });
  });

  rule(62, "a map may be replaced, or taken away, as a whole", async ({ configMaps }) => {
    await configMaps.make("a", { data: { x: "1", y: "2" } });
    const replaced = await configMaps.patch("a", { data: { $patch: "replace", z: "3" } }, STRATEGIC);
    expect(replaced.json.data).toEqual({ z: "3" });
    const kept = await configMaps.patch("a", { data: { $retainKeys: ["z"], z: "4" } }, STRATEGIC);
    expect(kept.json.data).toEqual({ z: "4" });
    const deleted = await configMaps.patch("a", { data: { $patch: "delete" } }, STRATEGIC);
    expect(deleted.json.data ?? {}).toEqual({});
  });

  rule(62, "owner references are merged by their uid", async ({ configMaps }) => {
    const [one, two] = [ownerOf(await configMaps.make("one")), ownerOf(await configMaps.make("two"))];
    await configMaps.make("a", {}, { ownerReferences: [one] });
    const ownersAfter = async (...ownerReferences: object[]) => {
      const { json } = await configMaps.patch("a", { metadata: { ownerReferences } }, STRATEGIC);
      return (json.metadata.ownerReferences as Json[]).map(({ name }) => name as string).toSorted();
    };
    expect(await ownersAfter(two)).toEqual(["one", "two"]);
    expect(await ownersAfter({ $patch: "delete", uid: one.uid })).toEqual(["two"]);
  });

  rule(62, "finalizers are a set, and single ones are taken away by name", async ({ configMaps }) => {
    const [one, two] = ["conformance.example.com/one", "conformance.example.com/two"];
    await configMaps.make("a", {}, { finalizers: [one] });
    const added = await configMaps.patch("a", { metadata: { finalizers: [two] } }, STRATEGIC);
    expect((added.json.metadata.finalizers as string[]).toSorted()).toEqual([one, two]);
    const gone = { metadata: { "$deleteFromPrimitiveList/finalizers": [one] } };
    expect((await configMaps.patch("a", gone, STRATEGIC)).json.metadata.finalizers).toEqual([two]);
    await configMaps.patch("a", { metadata: { finalizers: null } }, MERGE);
  });
});

describe("conditions of a patch", () => {
  rule(63, "many at once are all done, and none is in conflict", async ({ widgets, configMaps }) => {
    await widgets.make("a");
    await configMaps.make("a");
    const names = Array.from({ length: 20 }, (_, i) => `k${i}`);
    const answers = await Promise.all(
      names.flatMap((name) => [
        widgets.patch("a", { spec: { labels: { [name]: "x" } } }),
        configMaps.patch("a", { data: { [name]: "x" } }),
      ]),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(Object.keys((await widgets.read("a")).spec.labels as object)).toHaveLength(20);
    expect(Object.keys((await configMaps.read("a")).data as object)).toHaveLength(20);
  });

  rule(63, "a resourceVersion in a patch is a condition", async ({ widgets }) => {
    const { resourceVersion } = (await widgets.make("a")).metadata as { resourceVersion: string };
    const patch = { metadata: { resourceVersion }, spec: { size: 1 } };
    expect(await widgets.patch("a", patch)).toMatchObject({ status: 200 });
    expect(await widgets.patch("a", { ...patch, spec: { size: 2 } })).toMatchObject({
      status: 409,
      json: { reason: "Conflict" },
    });
    expect((await widgets.read("a")).spec.size).toBe(1);
  });

  rule(64, "when one operation fails, none is done", async ({ widgets }) => {
    const made = await widgets.make("a", { spec: { title: "t" } });
    const operations = [
      { op: "replace", path: "/spec/title", value: "u" },
      { op: "test", path: "/spec/title", value: "something else" },
    ];
    expect(await widgets.patch("a", operations, JSON_PATCH)).toMatchObject({ status: 422 });
    expect(await widgets.patch("a", { spec: { title: "u", size: -1 } })).toMatchObject({ status: 422 });
    expect(await widgets.read("a")).toEqual(made);
  });

  rule(64, "a name cannot be patched, nor a kind", async ({ widgets, configMaps }) => {
    for (const objects of [widgets, configMaps]) {
      await objects.make("a");
      expect(await objects.patch("a", { metadata: { name: "b" } })).toMatchObject({ status: 400 });
    }
    expect(await widgets.patch("a", { kind: "Gadget" })).toMatchObject({ status: 422 });
  });

  rule(64, "force belongs to an apply", async ({ widgets }) => {
    await widgets.make("a");
    const answer = await widgets.patch("a", {}, MERGE, { force: true });
    expect(answer).toMatchObject({ status: 422, json: { reason: "Invalid" } });
    expect(answer.json.message).toContain("force");
  });

  rule(64, "what is not there cannot be patched, but applied", async ({ widgets, configMaps }) => {
    for (const [objects, types] of [
      [widgets, [JSON_PATCH, MERGE]],
      [configMaps, [JSON_PATCH, MERGE, STRATEGIC]],
    ] as const) {
      for (const type of types) {
        const answer = await objects.patch("a", type === JSON_PATCH ? [] : {}, type);
        expect([type, answer]).toMatchObject([type, { status: 404, json: { reason: "NotFound" } }]);
      }
      expect(await objects.apply("a", {}, "me")).toMatchObject({ status: 201 });
    }
  });

  rule(65, "an unknown field is 422 in a patch, and 400 in a whole object", async ({ widgets }) => {
    const read = await widgets.make("a");
    const query = { fieldValidation: "Strict" };
    const strange = { spec: { sise: 1 } };
    for (const [body, type] of [
      [strange, MERGE],
      [[{ op: "add", path: "/spec", value: strange.spec }], JSON_PATCH],
    ] as const) {
      const answer = await widgets.patch("a", body, type, query);
      expect([type, answer.status, answer.json.reason]).toEqual([type, 422, "Invalid"]);
      expect(answer.json.message).toContain('unknown field "spec.sise"');
    }
    expect(await widgets.put("a", { ...read, ...strange }, query)).toMatchObject({ status: 400 });
    expect(await widgets.post(widgets.object("b", strange), query)).toMatchObject({ status: 400 });
    expect(await widgets.read("a")).toEqual(read);
  });

  rule(64, "another version of the same kind patches the same object", async ({ widgets }) => {
    await widgets.make("a", { spec: { title: "t" } });
    const old = widgets.at({ root: `/apis/${GROUP}/v1beta1` });
    const answer = await old.patch(
      "a",
      [{ op: "test", path: "/apiVersion", value: `${GROUP}/v1beta1` }],
      JSON_PATCH,
    );
    expect(answer).toMatchObject({ status: 200, json: { apiVersion: `${GROUP}/v1beta1` } });
  });
});
