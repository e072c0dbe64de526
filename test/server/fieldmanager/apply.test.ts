import { expect, test } from "vitest";
import { collapsed } from "../../../server/fieldmanager/collapse.ts";
import { conflictMessages, objectTypeOf, problemsOf } from "../../../server/fieldmanager/index.ts";
import { pathsOf, printPath } from "../../../server/fieldmanager/fieldset.ts";
import {
  applied,
  fieldsOf,
  nothing,
  ownersOf,
  type State,
  thing,
  type Thing,
  tried,
  type,
  updated,
} from "./world.ts";

const LATER = "2026-01-02T00:00:00Z";

function refusalOf(state: State, manager: string, wanted: Thing) {
  const { conflicts } = tried(state, manager, wanted);
  return conflicts && conflictMessages(conflicts);
}

test("rule 66: an apply creates what is not there, and owns what it applied", () => {
  const state = applied(
    nothing,
    "a",
    thing({ size: 1, env: { A: "1" }, tags: ["x"] }, { labels: { app: "x" } }),
  );
  expect(state.object).toEqual(thing({ size: 1, env: { A: "1" }, tags: ["x"] }, { labels: { app: "x" } }));
  expect(state.managed).toEqual([
    {
      manager: "a",
      operation: "Apply",
      apiVersion: "example.dev/v1",
      time: "2026-01-01T00:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": { "f:labels": { "f:app": {} } },
        "f:spec": { "f:env": { "f:A": {} }, "f:size": {}, "f:tags": { 'v:"x"': {} } },
      },
    },
  ]);
});

test("rule 69: what is omitted goes, unless somebody else owns it", () => {
  const first = applied(nothing, "a", thing({ size: 1, env: { A: "1", B: "1" }, tags: ["x", "y"] }));
  const second = applied(first, "b", thing({ env: { B: "1" }, tags: ["y"] }));
  const { object } = applied(second, "a", thing({ env: { A: "1" } }));
  expect(object!.spec).toEqual({ env: { A: "1", B: "1" }, tags: ["y"] });
});

test("rule 69: an item goes with who applied it, with whatever others have set in it", () => {
  const ports = [{ name: "a", port: 1 }];
  const first = applied(nothing, "a", thing({ size: 1, ports }));
  const changed = updated(first, "b", thing({ size: 1, ports: [{ name: "a", port: 1, notes: { x: "1" } }] }));
  const { object, managed } = applied(changed, "a", thing({ size: 1 }));
  expect(object!.spec).toEqual({ size: 1 });
  expect(managed.map(({ manager }) => manager)).toEqual(["a"]);
});

test("rule 69: a map that is owned by others stays when it is no longer applied", () => {
  const first = applied(nothing, "a", thing({ env: { A: "1" } }));
  const both = updated(first, "b", thing({ env: { A: "1", B: "1" } }));
  expect(applied(both, "a", thing({ size: 1 })).object!.spec).toEqual({ env: { B: "1" }, size: 1 });
});

test("rule 69: a list without a type is one value", () => {
  const first = applied(nothing, "a", thing({ argv: ["x", "y"] }));
  expect(applied(first, "a", thing({ argv: ["y"] })).object!.spec).toEqual({ argv: ["y"] });
  expect(refusalOf(first, "b", thing({ argv: ["x"] }))?.message).toContain(".spec.argv");
});

test("rule 69: items come in the order in which they are applied; others keep their places between them", () => {
  const live = updated(nothing, "b", thing({ tags: ["a", "x", "b", "y"] }));
  expect(applied(live, "a", thing({ tags: ["b", "new", "a"] })).object!.spec).toEqual({
    tags: ["x", "b", "y", "new", "a"],
  });
  expect(applied(live, "a", thing({ tags: ["a", "b"] })).object!.spec).toEqual({
    tags: ["a", "x", "b", "y"],
  });
});

test("rule 69: the keys of an item may be left to their defaults", () => {
  const live = updated(nothing, "b", thing({ ports: [{ name: "a", protocol: "TCP", port: 1 }] }));
  const { object } = applied(live, "a", thing({ ports: [{ name: "a", notes: { x: "1" } }] }));
  expect(object!.spec).toEqual({ ports: [{ name: "a", protocol: "TCP", port: 1, notes: { x: "1" } }] });
});

test("rule 70: one conflict is told in one line", () => {
  const live = updated(nothing, "kubectl-edit", thing({ size: 1 }));
  expect(refusalOf(live, "a", thing({ size: 2 }))).toEqual({
    message: 'Apply failed with 1 conflict: conflict with "kubectl-edit" using example.dev/v1: .spec.size',
    causes: [{ message: 'conflict with "kubectl-edit" using example.dev/v1', field: ".spec.size" }],
  });
});

test("rule 70: several conflicts are listed under those whom they are with, a level before what is below it", () => {
  const first = applied(nothing, "z", thing({ size: 1, env: { A: "1" } }));
  const live = updated(first, "b", thing({ size: 1, env: { A: "1" }, argv: [] }), { subresource: "status" });
  expect(refusalOf(live, "a", thing({ size: 2, env: { A: "2" }, argv: ["x"] }))).toEqual({
    message: [
      'Apply failed with 3 conflicts: conflicts with "b" with subresource "status" using example.dev/v1:',
      "- .spec.argv",
      'conflicts with "z":',
      "- .spec.size",
      "- .spec.env.A",
    ].join("\n"),
    causes: [
      { message: 'conflict with "z"', field: ".spec.size" },
      { message: 'conflict with "z"', field: ".spec.env.A" },
      { message: 'conflict with "b" with subresource "status" using example.dev/v1', field: ".spec.argv" },
    ],
  });
});

test("rule 70: the same value is owned by both, and force takes another one from all", () => {
  const first = applied(applied(nothing, "a", thing({ size: 1 })), "b", thing({ size: 1 }));
  const size = ["f:spec", "f:size"];
  expect(ownersOf(first, size)).toEqual(["a", "b"]);
  expect(refusalOf(first, "a", thing({ size: 2 }))?.message).toContain('conflict with "b"');
  const forced = applied(first, "c", thing({ size: 2 }), { force: true });
  expect(ownersOf(forced, size)).toEqual(["c"]);
  expect(forced.managed.map(({ manager }) => manager)).toEqual(["c"]);
});

test("an applier that applies through another version stays the same applier", () => {
  const first = applied(nothing, "a", thing({ size: 1, argv: [] }));
  const next = applied(first, "a", thing({ size: 2 }), { apiVersion: "example.dev/v2" });
  expect(next.object!.spec).toEqual({ size: 2 });
  expect(next.managed.map(({ apiVersion }) => apiVersion)).toEqual(["example.dev/v2"]);
});

test("what is there before anybody's first apply is owned by a manager of its own", () => {
  const untracked: State = { object: thing({ size: 1, argv: ["a"] }), managed: [] };
  expect(refusalOf(untracked, "a", thing({ size: 2 }))?.message).toBe(
    'Apply failed with 1 conflict: conflict with "before-first-apply" using example.dev/v1: .spec.size',
  );
  const { managed } = applied(untracked, "a", thing({ size: 1 }));
  expect(managed.map(({ manager, operation }) => [manager, operation])).toEqual([
    ["a", "Apply"],
    ["before-first-apply", "Update"],
  ]);
});

test("rule 59: an apply to the status touches nothing else, and has an entry of its own", () => {
  const status = { scope: "status", subresource: "status" } as const;
  const live = applied(nothing, "a", thing({ size: 1 }), { scope: "all but status" });
  const wanted = { ...thing({ size: 9 }, { labels: { x: "y" } }), status: { phase: "Up" } };
  const state = applied(live, "a", wanted, status);
  expect(state.object).toEqual({ ...thing({ size: 1 }), status: { phase: "Up" } });
  expect(state.managed.map(({ subresource, fieldsV1 }) => [subresource, fieldsV1])).toEqual([
    [undefined, { "f:spec": { "f:size": {} } }],
    ["status", { "f:status": { "f:phase": {} } }],
  ]);
  const main = applied(
    state,
    "a",
    { ...thing({ size: 2 }), status: { phase: "Down" } },
    { scope: "all but status" },
  );
  expect(main.object!.status).toEqual({ phase: "Up" });
});

test("an apply that changes nothing but who owns what has its own time, and is no other's doing", () => {
  const first = applied(nothing, "a", thing({ size: 1 }));
  const second = applied(first, "b", thing({ size: 1 }), { time: LATER });
  expect(second.managed.map(({ manager, time }) => [manager, time])).toEqual([
    ["a", "2026-01-01T00:00:00Z"],
    ["b", LATER],
  ]);
});

test("rule 69: a list that has become atomic is owned as one by whoever owned an item of it", () => {
  const set = fieldsOf(applied(nothing, "a", thing({ tags: ["x"], env: { A: "1" } })), "a")!;
  const next = objectTypeOf({
    properties: {
      spec: { type: "object", properties: { tags: { type: "array" }, env: { type: "object" } } },
    },
  });
  expect([...pathsOf(collapsed(next, set))].map(printPath)).toEqual([".spec.tags", ".spec.env.A"]);
  expect(collapsed(type, set)).toBe(set);
});

test("a value of another type than its field cannot be applied", () => {
  const wanted = thing({ size: "1", env: ["A"], ports: {}, argv: "a", stop: { signal: 1 }, tags: null });
  expect(problemsOf(type, wanted).map(({ field, message }) => `${field}: ${message}`)).toEqual([
    'spec.size: Invalid value: "1": must be of type integer, not string',
    "spec.env: Invalid value: array: must be of type object, not array",
    "spec.ports: Invalid value: object: must be of type array, not object",
    'spec.argv: Invalid value: "a": must be of type array, not string',
    "spec.stop.signal: Invalid value: 1: must be of type string, not number",
  ]);
});

test("items that cannot be told apart cannot be applied", () => {
  const wanted = thing({
    tags: ["x", "y", "x"],
    ports: [{ name: "a" }, { name: "a", protocol: "TCP" }, { port: 1 }, "b"],
  });
  expect(problemsOf(type, wanted)).toEqual([
    { field: "spec.tags[2]", kind: "Duplicate", message: 'Duplicate value: "x"' },
    { field: "spec.ports[1]", kind: "Duplicate", message: 'Duplicate value: {"name":"a","protocol":"TCP"}' },
    {
      field: "spec.ports[2].name",
      kind: "Required",
      message: "Required value: items of this list are told apart by name, protocol",
    },
    {
      field: "spec.ports[3]",
      kind: "TypeInvalid",
      message: 'Invalid value: "b": must be of type object, not string',
    },
  ]);
});

const ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

/** As `kubectl apply` without `--server-side` leaves it. */
function appliedFromClient(spec: Record<string, unknown>): State {
  const annotations = { [ANNOTATION]: JSON.stringify(thing(spec)) };
  return updated(nothing, "kubectl-client-side-apply", thing(spec, { annotations }));
}

test("rule 72: kubectl goes on from the server where it has applied from the client, without a conflict", () => {
  const live = appliedFromClient({ size: 1, argv: ["a"] });
  const { object, managed } = applied(live, "kubectl", thing({ size: 2 }));
  expect(object!.spec).toEqual({ size: 2, argv: ["a"] });
  const remembered = (object!.metadata["annotations"] as Record<string, string>)[ANNOTATION]!;
  expect(JSON.parse(remembered)).toEqual(thing({ size: 2 }));
  expect(managed.map(({ manager }) => manager)).toEqual(["kubectl", "kubectl-client-side-apply"]);
  expect(refusalOf(live, "somebody", thing({ size: 2 }))?.message).toContain("kubectl-client-side-apply");
});

test("rule 72: what somebody else has changed since stays in conflict", () => {
  const live = appliedFromClient({ size: 1, argv: ["a"] });
  const edited = updated(live, "kubectl-edit", { ...live.object!, spec: { size: 5, argv: ["a"] } });
  expect(refusalOf(edited, "kubectl", thing({ size: 2, argv: ["b"] }))?.causes).toEqual([
    { message: 'conflict with "kubectl-edit" using example.dev/v1', field: ".spec.size" },
  ]);
});

test("rule 72: an annotation that cannot be read allows nothing", () => {
  const annotations = { [ANNOTATION]: "{not json" };
  const live = updated(nothing, "kubectl-client-side-apply", thing({ size: 1 }, { annotations }));
  expect(refusalOf(live, "kubectl", thing({ size: 2 }))?.message).toContain(".spec.size");
});

test("an annotation that would be too large is dropped", () => {
  const live = appliedFromClient({ size: 1 });
  const { object } = applied(live, "kubectl", thing({ size: 1, free: { big: "x".repeat(300_000) } }));
  expect(object!.metadata["annotations"]).toEqual({});
});

test("fifty thousand keys are applied and updated as few are", () => {
  const env = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`KEY_${i}`, "1"]));
  const changed = updated(applied(nothing, "a", thing({ env })), "b", thing({ env: { ...env, KEY_7: "2" } }));
  expect([...pathsOf(fieldsOf(changed, "b")!)].map(printPath)).toEqual([".spec.env.KEY_7"]);
  const again = applied(changed, "a", thing({ env }), { force: true });
  expect(JSON.stringify(again.object)).toBe(JSON.stringify(thing({ env })));
  expect(again.managed.map(({ manager }) => manager)).toEqual(["a"]);
});
