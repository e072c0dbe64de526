import { expect, test } from "vitest";
import { capped, type Entry, parseEntries } from "../../../server/fieldmanager/entries.ts";
import { pathsOf, printPath } from "../../../server/fieldmanager/fieldset.ts";
import { fieldsOf, nothing, type State, thing, updated } from "./world.ts";

const LATER = "2026-01-02T00:00:00Z";

const printed = (state: State, manager: string) =>
  [...pathsOf(fieldsOf(state, manager) ?? {})].map(printPath);

test("rule 68: who creates an object owns all of it but what names it", () => {
  const ports = [{ name: "http", port: 80 }];
  const metadata = {
    namespace: "n",
    uid: "u",
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: LATER,
    generateName: "a-",
    labels: { app: "x" },
    finalizers: ["x/y"],
    ownerReferences: [{ uid: "1", name: "o", kind: "K", apiVersion: "v1" }],
    managedFields: [],
  };
  const { managed } = updated(nothing, "kubectl-create", thing({ ports, argv: ["a"], size: 1 }, metadata));
  expect(managed).toEqual([
    {
      manager: "kubectl-create",
      operation: "Update",
      apiVersion: "example.dev/v1",
      time: "2026-01-01T00:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": {
          "f:finalizers": { ".": {}, 'v:"x/y"': {} },
          "f:generateName": {},
          "f:labels": { ".": {}, "f:app": {} },
          "f:ownerReferences": { ".": {}, 'k:{"uid":"1"}': {} },
        },
        "f:spec": {
          ".": {},
          "f:argv": {},
          "f:ports": {
            ".": {},
            'k:{"name":"http","protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} },
          },
          "f:size": {},
        },
      },
    },
  ]);
});

test("rule 71: what is changed moves to the writer, and what is not stays with its owner", () => {
  const created = updated(nothing, "a", thing({ size: 1, env: { A: "1", B: "1" }, tags: ["x"] }));
  const changed = updated(created, "b", thing({ size: 1, env: { A: "2", B: "1" }, tags: ["x", "y"] }), {
    time: LATER,
  });
  expect(printed(changed, "a")).toEqual([
    ".spec",
    ".spec.env",
    ".spec.size",
    ".spec.tags",
    ".spec.env.B",
    '.spec.tags[="x"]',
  ]);
  expect(printed(changed, "b")).toEqual([".spec.env.A", '.spec.tags[="y"]']);
  expect(changed.managed.map(({ time }) => time)).toEqual([created.managed[0]!.time, LATER]);
});

test("rule 71: what is removed leaves everybody, and entries that own nothing vanish", () => {
  const created = updated(nothing, "a", thing({ size: 1 }));
  const both = updated(created, "b", thing({ size: 1, env: { A: "1" } }));
  const without = updated(both, "c", thing({ size: 1 }));
  expect(without.managed.map(({ manager }) => manager)).toEqual(["a"]);
});

test("a write that only removes takes no entry, and leaves the time of its writer's other one", () => {
  const created = updated(nothing, "a", thing({ size: 1, env: { A: "1" } }));
  const changed = updated(created, "a", thing({ size: 1 }), { time: LATER });
  expect(printed(changed, "a")).toEqual([".spec", ".spec.size"]);
  expect(changed.managed[0]!.time).toBe(created.managed[0]!.time);
});

test("a writer that changes the value of what it owns has the time of that write", () => {
  const created = updated(nothing, "a", thing({ size: 1 }));
  const changed = updated(created, "a", thing({ size: 2 }), { time: LATER });
  expect(changed.managed[0]).toEqual({ ...created.managed[0], time: LATER });
  expect(changed.managed[0]!.fieldsV1).toBe(created.managed[0]!.fieldsV1);
});

test("rule 59: what a status write changes is in an entry of its own", () => {
  const created = updated(nothing, "a", thing({ size: 1 }), { scope: "all but status" });
  const after = { ...thing({ size: 2 }), status: { phase: "Up" } };
  const written = updated(created, "a", after, { scope: "status", subresource: "status" });
  expect(written.managed.map(({ subresource, fieldsV1 }) => [subresource, fieldsV1])).toEqual([
    [undefined, { "f:spec": { ".": {}, "f:size": {} } }],
    ["status", { "f:status": { ".": {}, "f:phase": {} } }],
  ]);
});

test("rule 71: another version of the API is another entry of an updater", () => {
  const created = updated(nothing, "a", thing({ size: 1, argv: [] }));
  const { managed } = updated(created, "a", thing({ size: 2, argv: [] }), { apiVersion: "example.dev/v2" });
  expect(managed.map(({ apiVersion, fieldsV1 }) => [apiVersion, fieldsV1])).toEqual([
    ["example.dev/v1", { "f:spec": { ".": {}, "f:argv": {} } }],
    ["example.dev/v2", { "f:spec": { "f:size": {} } }],
  ]);
});

test("rule 71: at most ten updaters are remembered, and the oldest of them together", () => {
  let state = nothing;
  const env: Record<string, string> = {};
  for (let i = 0; i < 15; i++) {
    env[`K${i}`] = "1";
    state = updated(state, `m${i}`, thing({ env: { ...env } }), { time: `2026-01-01T00:00:${10 + i}Z` });
  }
  expect(state.managed.map(({ manager }) => manager)).toEqual([
    "ancient-changes",
    "m6",
    "m7",
    "m8",
    "m9",
    "m10",
    "m11",
    "m12",
    "m13",
    "m14",
  ]);
  expect(printed(state, "ancient-changes")).toEqual([
    ".spec",
    ".spec.env",
    ...["K0", "K1", "K2", "K3", "K4", "K5"].map((key) => `.spec.env.${key}`),
  ]);
  expect(state.managed[0]!.time).toBe("2026-01-01T00:00:15Z");
});

test("rule 71: only entries of one version are folded together, and those of appliers never", () => {
  const entry = (i: number, more: Partial<Entry> = {}): Entry => ({
    manager: `m${i}`,
    operation: "Update",
    apiVersion: `v${i}`,
    time: `2026-01-01T00:00:${10 + i}Z`,
    fieldsType: "FieldsV1",
    fieldsV1: { [`f:${i}`]: {} },
    ...more,
  });
  const each = Array.from({ length: 12 }, (_, i) => entry(i));
  expect(capped(each)).toEqual(each);
  const appliers = Array.from({ length: 12 }, (_, i) => entry(i, { operation: "Apply", apiVersion: "v1" }));
  expect(capped(appliers)).toBe(appliers);
});

test("items that are there twice are owned together, and again one by one when they are not", () => {
  const once = thing({ tags: ["x"], ports: [{ name: "a", port: 1 }] });
  const created = updated(nothing, "a", once);
  const ports = [
    { name: "a", port: 1 },
    { name: "a", port: 2 },
  ];
  const twice = updated(created, "b", thing({ tags: ["x", "x"], ports }));
  expect(printed(twice, "a")).toEqual([".spec", ".spec.ports", ".spec.tags"]);
  expect(printed(twice, "b")).toEqual(['.spec.ports[name="a",protocol="TCP"]', '.spec.tags[="x"]']);
  const reordered = updated(twice, "c", thing({ tags: ["x", "x"], ports: ports.toReversed() }));
  expect(printed(reordered, "c")).toEqual(['.spec.ports[name="a",protocol="TCP"]']);
  const again = updated(reordered, "d", once);
  expect(printed(again, "d")).toEqual([
    '.spec.ports[name="a",protocol="TCP"]',
    '.spec.ports[name="a",protocol="TCP"].name',
    '.spec.ports[name="a",protocol="TCP"].port',
    '.spec.tags[="x"]',
  ]);
});

test("a list whose items cannot be told apart is owned as one", () => {
  const created = updated(nothing, "a", thing({ ports: [{ port: 1 }] }));
  expect(printed(created, "a")).toEqual([".spec", ".spec.ports"]);
  const changed = updated(created, "b", thing({ ports: [{ name: "http", port: 1 }] }));
  expect(printed(changed, "b")).toContain('.spec.ports[name="http",protocol="TCP"].port');
});

test("what has no type is owned by key where it is a map, and as one where it is a list", () => {
  const created = updated(nothing, "a", thing({ free: { map: { deep: { x: 1 } }, list: [{ x: 1 }] } }));
  expect(printed(created, "a")).toEqual([
    ".spec",
    ".spec.free",
    ".spec.free.list",
    ".spec.free.map",
    ".spec.free.map.deep",
    ".spec.free.map.deep.x",
  ]);
  const changed = updated(created, "b", thing({ free: { map: "now a text", list: [{ x: 1 }] } }));
  expect(printed(changed, "b")).toEqual([".spec.free.map"]);
  expect(printed(changed, "a")).toEqual([".spec", ".spec.free", ".spec.free.list"]);
});

const sent = {
  manager: "m",
  operation: "Apply",
  apiVersion: "v1",
  time: "2026-01-01T00:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:a": {} },
};

test.for<[what: string, sent: unknown, kept: unknown]>([
  ["an entry", [sent], [sent]],
  ["one empty entry", [{}], []],
  ["no entry", [], []],
  ["entries of one writer", [sent, { ...sent, apiVersion: "v2" }], [{ ...sent, apiVersion: "v2" }]],
  ["an entry without fields", [sent, { ...sent, manager: "n", fieldsV1: undefined }], [sent]],
  ["nothing", undefined, undefined],
  ["a text", "none", undefined],
  ["a number", [5], undefined],
  ["two empty entries", [{}, {}], undefined],
  ["an unknown operation", [{ ...sent, operation: "Guess" }], undefined],
  ["another format", [{ ...sent, fieldsType: "FieldsV2" }], undefined],
  ["no version", [{ ...sent, apiVersion: "" }], undefined],
  ["a bad time", [{ ...sent, time: "yesterday" }], undefined],
  ["a long name", [{ ...sent, manager: "m".repeat(129) }], undefined],
  ["bad fields", [{ ...sent, fieldsV1: { "f:a": [] } }], undefined],
])("rule 72: %s sent as managedFields is kept as %#", ([, sent, kept]) => {
  expect(parseEntries(sent)).toEqual(kept);
});
