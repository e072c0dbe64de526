import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diff, type Entry, type Sides, type Tree } from "../../../controllers/sync/index.ts";
import { applied, sides, treeOf } from "./model.ts";

const RUNS = { numRuns: 10_000 };
const POLICIES = fc.constantFrom("Tracked" as const, "Mirror" as const, "Never" as const);

const sorted = (tree: Tree) => [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1));
const file = (hash: string, mode = 0o644): Entry => ({ type: "file", size: hash.length, mode, hash });
const DIRECTORY: Entry = { type: "directory" };

const between = (local: Record<string, Entry>, remote: Record<string, Entry>, more: Partial<Sides> = {}) =>
  diff({
    local: treeOf(local),
    remote: treeOf(remote),
    tracked: new Set(treeOf(remote).keys()),
    deletePolicy: "Tracked",
    ...more,
  });

test("a plan, applied, leaves both trees equal", () => {
  fc.assert(
    fc.property(sides(fc.constant("Mirror")), (both) => {
      const { operations, rejected } = diff(both);
      expect(rejected).toEqual([]);
      expect(sorted(applied(both.remote, operations))).toEqual(sorted(both.local));
    }),
    RUNS,
  );
});

test("under any policy, what is here is there afterwards, but for what is in the way", () => {
  fc.assert(
    fc.property(sides(POLICIES), (both) => {
      const { operations, rejected } = diff(both);
      const after = applied(both.remote, operations);
      const left = rejected.map(({ path }) => path);
      for (const [path, entry] of both.local) {
        const isLeft = left.some((other) => path === other);
        if (isLeft) expect(both.remote.get(path)?.type).toBe("directory");
        else expect(after.get(path)).toEqual(entry);
      }
    }),
    RUNS,
  );
});

test("nothing is deleted that no sync has put there, unless a file takes its place", () => {
  fc.assert(
    fc.property(sides(fc.constantFrom("Tracked", "Never")), (both) => {
      const after = applied(both.remote, diff(both).operations);
      for (const [path, entry] of both.remote) {
        const mayGo = both.deletePolicy === "Tracked" && both.tracked.has(path);
        if (both.local.has(path) || mayGo) continue;
        expect(after.get(path)).toEqual(entry);
      }
    }),
    RUNS,
  );
});

test("a plan that has been applied leaves nothing to do", () => {
  fc.assert(
    fc.property(sides(POLICIES), (both) => {
      const remote = applied(both.remote, diff(both).operations);
      const again = diff({ ...both, remote });
      const kept = (path: string) => [...remote.keys()].some((other) => other.startsWith(`${path}/`));
      const left = again.operations.filter(({ type, path }) => type !== "removeDirectory" || !kept(path));
      expect(left).toEqual([]);
    }),
    RUNS,
  );
});

test("a file that was renamed is not sent again", () => {
  expect(between({ "b/new": file("one") }, { old: file("one") }).operations).toEqual([
    { type: "makeDirectory", path: "b" },
    { type: "put", path: "b/new", entry: file("one"), from: "old" },
    { type: "remove", path: "old" },
  ]);
});

test("a file whose mode alone has changed is not sent again", () => {
  const { operations } = between({ run: file("one", 0o755) }, { run: file("one") });
  expect(operations).toEqual([{ type: "chmod", path: "run", mode: 0o755 }]);
});

test("a file that takes the place of a directory waits until that is empty", () => {
  const { operations } = between({ a: file("one") }, { "a/b/c": file("two") });
  expect(operations).toEqual([
    { type: "remove", path: "a/b/c" },
    { type: "removeDirectory", path: "a/b" },
    { type: "removeDirectory", path: "a" },
    { type: "put", path: "a", entry: file("one") },
  ]);
});

test("a directory with files that no sync has put there stays, and is told of", () => {
  const made = between(
    { a: file("one"), z: file("two") },
    { "a/b": file("two") },
    { tracked: new Set(["a"]) },
  );
  expect(made).toMatchObject({
    operations: [{ type: "put", path: "z", from: "a/b" }],
    rejected: [{ path: "a", reason: "InTheWay" }],
  });
});

test("what was made when the app was built is not deleted: vendor, node_modules, .profile.d", () => {
  const built = { "vendor/x": file("v"), ".profile.d/a.sh": file("p"), app: file("old"), gone: file("g") };
  const { operations } = between({ app: file("new") }, built, { tracked: new Set(["app", "gone"]) });
  expect(operations).toEqual([
    { type: "put", path: "app", entry: file("new"), base: file("old") },
    { type: "remove", path: "gone" },
  ]);
});

test("an empty directory is kept in step as well", () => {
  expect(between({ logs: DIRECTORY }, {}).operations).toEqual([{ type: "makeDirectory", path: "logs" }]);
  expect(between({}, { logs: DIRECTORY }).operations).toEqual([{ type: "removeDirectory", path: "logs" }]);
});
