import * as fc from "fast-check";
import { expect, test } from "vitest";
import { printElement } from "../../../server/fieldmanager/element.ts";
import {
  difference,
  type FieldSet,
  has,
  intersection,
  isSame,
  parseFieldSet,
  type Path,
  pathsOf,
  printPath,
  recursiveDifference,
  setOf,
  sorted,
  union,
} from "../../../server/fieldmanager/fieldset.ts";

const element = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'v:"y"', "v:1");
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const set = fc.array(path, { maxLength: 8 }).map((paths) => setOf(...paths));

const textsOf = (set: FieldSet): string[] => [...pathsOf(set)].map((path) => JSON.stringify(path));
const isBelow = (path: string, other: string): boolean => path.startsWith(other.slice(0, -1));

test("union, difference and intersection are those of sets of paths", () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      const [as, bs] = [new Set(textsOf(a)), new Set(textsOf(b))];
      expect(new Set(textsOf(union(a, b)))).toEqual(new Set([...as, ...bs]));
      expect(textsOf(difference(a, b))).toEqual(textsOf(a).filter((path) => !bs.has(path)));
      expect(new Set(textsOf(intersection(a, b)))).toEqual(new Set([...as].filter((path) => bs.has(path))));
    }),
  );
});

test("a recursive difference takes what is below a path, too", () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      const gone = textsOf(b);
      const left = textsOf(a).filter((path) => !gone.some((other) => isBelow(path, other)));
      expect(textsOf(recursiveDifference(a, b))).toEqual(left);
    }),
  );
});

test("the laws of sets hold", () => {
  fc.assert(
    fc.property(set, set, set, (a, b, c) => {
      expect(isSame(union(a, b), union(b, a))).toBe(true);
      expect(isSame(union(union(a, b), c), union(a, union(b, c)))).toBe(true);
      expect(isSame(intersection(a, union(b, c)), union(intersection(a, b), intersection(a, c)))).toBe(true);
      expect(isSame(difference(a, union(b, c)), difference(difference(a, b), c))).toBe(true);
      expect(isSame(union(difference(a, b), intersection(a, b)), a)).toBe(true);
      expect(union(a, a)).toBe(a);
    }),
  );
});

test("an operation that changes nothing gives the same object", () => {
  const a = setOf(["f:a", "f:b"], ["f:c"]);
  expect(difference(a, setOf(["f:a"], ["f:d"]))).toBe(a);
  expect(union(a, setOf(["f:c"]))).toBe(a);
});

test("rule 68: a set survives being stored as FieldsV1", () => {
  fc.assert(
    fc.property(set, (set) => {
      const stored = JSON.parse(JSON.stringify(sorted(set))) as unknown;
      expect(parseFieldSet(stored)).toEqual(stored);
      expect(isSame(parseFieldSet(stored)!, set)).toBe(true);
    }),
  );
});

test("rule 68: fields are stored in order, each with `.` first where it is in the set itself", () => {
  const set = setOf(["f:b"], ["f:a", "f:z"], ["f:a"], ["f:a", "f:y"]);
  expect(JSON.stringify(sorted(set))).toBe('{"f:a":{".":{},"f:y":{},"f:z":{}},"f:b":{}}');
});

test.for<[sent: unknown, kept: unknown]>([
  [{ 'k:{"b":1, "a":"x"}': {} }, { 'k:{"a":"x","b":1}': {} }],
  [{ 'v: "x"': {}, 'v:"x"': { ".": {} } }, { 'v:"x"': {} }],
  [{ "f:a": { "i:0": {} }, "f:b": {} }, { "f:b": {} }],
  [{ "f:a": { ".": {}, "x:new": {} } }, { "f:a": {} }],
  [{ ".": {}, "f:a": {} }, { "f:a": {} }],
  [{ "k:[1]": {}, "k:{}": {}, 'k:{"a":{}}': {}, "v:": {}, "f:": {} }, { "f:": {} }],
  [{ "f:a": 1 }, undefined],
  [{ "f:a": [] }, undefined],
  [null, undefined],
  ["f:a", undefined],
])("what a client sends as %j is kept as %j", ([sent, kept]) => {
  expect(parseFieldSet(sent)).toEqual(kept);
});

test("a path is in a set only if it was put there, not if it is on the way to others", () => {
  const set = setOf(["f:a", "f:b"]);
  expect([
    has(set, ["f:a", "f:b"]),
    has(set, ["f:a"]),
    has(set, []),
    has(set, ["f:a", "f:b", "f:c"]),
  ]).toEqual([true, false, false, false]);
});

test.for<[path: Path, text: string]>([
  [["f:spec", "f:replicas"], ".spec.replicas"],
  [["f:spec", "f:list", 'k:{"name":"a"}', "f:y"], '.spec.list[name="a"].y'],
  [["f:ports", 'k:{"containerPort":80,"protocol":"TCP"}'], '.ports[containerPort=80,protocol="TCP"]'],
  [["f:metadata", "f:labels", "f:app.kubernetes.io/name"], ".metadata.labels.app.kubernetes.io/name"],
  [["f:metadata", "f:finalizers", 'v:"x/y"'], '.metadata.finalizers[="x/y"]'],
])("rule 70: the path %j is printed as %s", ([path, text]) => {
  expect(printPath(path)).toBe(text);
  expect(path.map(printElement).join("")).toBe(text);
});
