import { expect, test } from "vitest";
import {
  type Entry,
  isEmptyPlan,
  type Plan,
  planOf,
  type Sides,
  treeHashOf,
} from "../../../controllers/sync/index.ts";
import { treeOf } from "./model.ts";

const LIMITS = { maxFiles: 3, maxSet: 100 };
const file = (hash: string, size = 10): Entry => ({ type: "file", size, mode: 0o644, hash });

const plan = (local: Record<string, Entry>, remote: Record<string, Entry> = {}, more: Partial<Sides> = {}) =>
  planOf(
    {
      local: treeOf(local),
      remote: treeOf(remote),
      tracked: new Set(treeOf(remote).keys()),
      deletePolicy: "Tracked",
      ...more,
    },
    LIMITS,
  );

test("a plan says how much there is to do", () => {
  const made = plan(
    { a: file("1"), b: file("2"), c: file("3") },
    { a: file("1"), b: file("0"), old: file("3"), d: file("4") },
  );
  expect(made).toMatchObject({ files: 2, deletes: 2, bytes: 10 });
});

test("CF-10: more files than allowed are refused, with the limit, the number and the field", () => {
  const four = { a: file("1"), b: file("2"), c: file("3"), d: file("4") };
  expect(plan(four)).toEqual({
    reason: "TooManyFiles",
    message: "there are more than 3 files (spec.limits.maxFiles); add ignores, or raise it",
  });
});

test("more to send than allowed is refused, but not what the other side has already", () => {
  expect(plan({ a: file("1", 101) })).toMatchObject({ reason: "SetTooLarge" });
  expect(plan({ b: file("1", 101) }, { a: file("1", 101) })).toMatchObject({ bytes: 0 });
});

test("CF-8: a directory that was emptied deletes nothing", () => {
  expect(plan({}, { a: file("1") })).toMatchObject({ reason: "RootEmptied" });
  expect(plan({}, {})).toMatchObject({ operations: [] });
});

test("what is the same is no plan at all, and has the same hash", () => {
  const same = { "x/y": file("1"), l: { type: "link", target: "x/y" } as const };
  const made = plan(same, same) as Plan;
  expect(isEmptyPlan(made)).toBe(true);
  expect(made.treeHash).toBe(treeHashOf(treeOf(same)));
});

test("the hash of a tree tells content, mode, target and name apart, and knows no order", () => {
  const hash = (entries: Record<string, Entry>) => treeHashOf(treeOf(entries));
  const all = [
    hash({}),
    hash({ a: file("1") }),
    hash({ b: file("1") }),
    hash({ a: file("2") }),
    hash({ a: { ...file("1"), mode: 0o755 } as Entry }),
    hash({ a: { type: "link", target: "b" } }),
    hash({ a: { type: "link", target: "c" } }),
    hash({ a: { type: "directory" } }),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(hash({ a: file("1"), b: file("2") })).toBe(hash({ b: file("2"), a: file("1") }));
});
