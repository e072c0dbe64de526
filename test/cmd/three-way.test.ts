import { expect, test } from "vitest";
import { LAST_APPLIED, lastApplied, threeWayPatch, withLastApplied } from "../../cmd/apply/three-way.ts";

const object = (spec: object) => ({ apiVersion: "v1", kind: "X", metadata: { name: "a" }, spec });

test("what was applied before and is no more is removed; what others added stays", () => {
  const patch = threeWayPatch({
    original: { spec: { a: 1, b: 2, deep: { x: 1, y: 2 } } },
    modified: { spec: { a: 3, deep: { x: 1 } } },
    current: { spec: { a: 1, b: 2, deep: { x: 1, y: 2, z: 9 }, others: true } },
  });
  expect(patch).toEqual({ spec: { a: 3, b: null, deep: { y: null } } });
});

test("the same again is nothing to do, whatever the order of keys", () => {
  const modified = { spec: { list: [{ a: 1, b: 2 }] } };
  const current = { spec: { list: [{ b: 2, a: 1 }], defaulted: true } };
  expect(threeWayPatch({ original: modified, modified, current })).toBeUndefined();
});

test("lists are replaced as a whole", () => {
  expect(threeWayPatch({ original: undefined, modified: { l: [1] }, current: { l: [1, 2] } })).toEqual({
    l: [1],
  });
});

test("an object remembers how it was applied, in the way of kubectl", () => {
  const applied = withLastApplied(object({ argv: ["x"] }));
  expect(applied.metadata.annotations?.[LAST_APPLIED]).toBe(
    '{"apiVersion":"v1","kind":"X","metadata":{"annotations":{},"name":"a"},"spec":{"argv":["x"]}}\n',
  );
  expect(lastApplied(applied)).toMatchObject({ spec: { argv: ["x"] } });
  expect(withLastApplied(applied)).toEqual(applied);
});
