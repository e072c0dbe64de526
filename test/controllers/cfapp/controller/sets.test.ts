import { expect, test } from "vitest";
import { within } from "../../../../controllers/cfapp/engine/capable.ts";
import { Inbox } from "../../../../controllers/cfapp/engine/inbox.ts";
import { retryDelayMs } from "../../../../controllers/cfapp/engine/retry.ts";
import { nameOf, numberOf, wasAskedBy } from "../../../../controllers/cfapp/engine/revisions.ts";
import {
  applied,
  keeping,
  needsRestart,
  structuralChange,
} from "../../../../controllers/cfapp/engine/sets.ts";
import { matcherOf } from "../../../../controllers/sync/index.ts";
import { settingsOf, type Spec } from "../../../../controllers/cfapp/engine/settings.ts";
import { type Entry, type Plan, planOf, type Tree, treeHashOf } from "../../../../controllers/sync/index.ts";
import { planned } from "../agent/fixture.ts";

const file = (hash: string, mode = 0o644): Entry => ({ type: "file", size: 1, mode, hash });
const treeOf = (entries: Record<string, Entry>): Tree => new Map(Object.entries(entries));
const LIMITS = { maxFiles: 100, maxSet: 1000 };
const plan = (local: Tree, remote: Tree, tracked = new Set(remote.keys())): Plan =>
  planned(planOf({ local, remote, tracked, deletePolicy: "Tracked" }, LIMITS));

test("what a plan makes of the other side is what is here, and what was not ours", () => {
  const local = treeOf({
    dir: { type: "directory" },
    "dir/new": file("n"),
    changed: file("2"),
    link: { type: "link", target: "dir" },
  });
  const remote = treeOf({
    changed: file("1"),
    old: { type: "directory" },
    "old/gone": file("g"),
    "old/theirs": file("t"),
  });
  const next = applied(remote, plan(local, remote, new Set(["changed", "old", "old/gone"])));
  expect(next).toEqual(new Map([...local, ["old", { type: "directory" }], ["old/theirs", file("t")]]));
});

test("CF-17: what cannot be read here stays as it is there, with all that is below", () => {
  const local = treeOf({ a: file("2") });
  const remote = treeOf({ a: file("1"), closed: { type: "directory" }, "closed/x": file("x"), b: file("b") });
  const wanted = keeping(local, remote, ["closed"]);
  const { operations } = plan(wanted, remote);
  expect(operations.map(({ type, path }) => `${type} ${path}`)).toEqual(["put a", "remove b"]);
});

test("what a way cannot do is left out and named, and the hash is that of what is there then", () => {
  const local = treeOf({ a: file("2"), link: { type: "link", target: "a" } });
  const remote = treeOf({ a: file("1"), gone: file("g") });
  const can = { deletes: false, modes: false, links: false, atomic: false, restarts: false };
  const { plan: possible, leftOut } = within(plan(local, remote), can, remote);
  expect(possible.operations.map(({ path }) => path)).toEqual(["a"]);
  expect(leftOut.map(({ path, reason }) => `${path} ${reason}`)).toEqual(["link NoLinks", "gone NotDeleted"]);
  expect(possible.treeHash).toBe(treeHashOf(applied(remote, possible)));
});

test("only files that matter restart the app", () => {
  const change = plan(treeOf({ "a/site.css": file("1") }), new Map());
  expect(needsRestart(change, {})).toBe(true);
  expect(needsRestart(change, { skip: ["*.css"] })).toBe(false);
  expect(needsRestart(change, { match: ["**/*.js"] })).toBe(false);
  expect(needsRestart(plan(new Map(), new Map()), {})).toBe(false);
});

test("globs without a slash are about names anywhere, others about paths", () => {
  const matches = matcherOf(["*.lock", ".profile.d/**"]);
  expect(["yarn.lock", "a/b/yarn.lock", ".profile.d/env.sh", "a/.profile.d/x"].map(matches)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test("a change needs a full deploy only where files of the app are known", () => {
  const change = plan(treeOf({ "go.sum": file("1") }), treeOf({ "go.sum": file("0") }));
  expect(structuralChange(change, new Set(["go.sum"]), ["go.sum"])).toBe("go.sum");
  expect(structuralChange(change, new Set(), ["go.sum"])).toBeUndefined();
});

test("unless it is said which, those that need one are files of the app itself, and not of what is below", () => {
  const limits = { maxFile: "1Mi", maxFiles: 1, maxSet: "1Mi", deltaOver: "1Mi" };
  const times = { trigger: { debounce: "1s", maxWait: "1s" }, persistIdle: "1s" };
  const spec = { localPath: ".", ignores: [], limits, ...times, push: {}, fastPush: {} } as unknown as Spec;
  const { fullDeployOn } = settingsOf(spec, "/home");
  const all = ["Procfile", "manifest-dev.yml", "go.sum", ".profile.d/env.sh"];
  const isStructural = matcherOf(fullDeployOn);
  expect(all.filter(isStructural)).toEqual(all);
  expect(all.map((path) => `two/${path}`).filter(isStructural)).toEqual([]);
});

test("a revision tells its number, and by which request it was asked for", () => {
  const name = nameOf({ number: 7, treeHash: "ab".repeat(32) }, "please");
  expect(name).toMatch(/^7-(ab){8}-[0-9a-f]{8}$/);
  expect([numberOf(name), numberOf("somebody-else"), numberOf("")]).toEqual([7, 0, 0]);
  expect([wasAskedBy(name, "please"), wasAskedBy(name, "again")]).toEqual([true, false]);
});

test("what comes in is taken when it is quiet, or has waited for maxWait; who asks does not wait", () => {
  const inbox = new Inbox();
  const times = { debounceMs: 50, maxWaitMs: 200 };
  inbox.add({ paths: ["a"] }, 1000);
  expect(inbox.dueMs(times)).toBe(1050);
  inbox.add({ paths: ["b"] }, 1040);
  expect(inbox.dueMs(times)).toBe(1090);
  inbox.add({ paths: ["c"] }, 1190);
  expect(inbox.dueMs(times)).toBe(1200);
  inbox.ask({ cause: { type: "Trigger", time: "2020-01-01T00:00:00Z" } });
  expect(inbox.dueMs(times)).toBe(0);
  expect(inbox.take()).toMatchObject({
    paths: undefined,
    firstMs: 1000,
    ask: { cause: { type: "Trigger" } },
  });
  expect(inbox.isEmpty).toBe(true);
});

test("what is put back comes with what has come meanwhile, and has waited since it came", () => {
  const inbox = new Inbox();
  inbox.add({ paths: ["a"] }, 1000);
  const taken = inbox.take();
  inbox.add({ paths: ["b"] }, 2000);
  inbox.putBack(taken);
  expect(inbox.take()).toMatchObject({ paths: ["b", "a"], firstMs: 1000 });
});

test("delays grow to half a minute, and all of them is left to chance", () => {
  for (let failures = 0; failures < 100; failures++) {
    const delayMs = retryDelayMs(failures);
    expect(delayMs).toBeGreaterThanOrEqual(0);
    expect(delayMs).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** failures));
  }
});
