import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ChooseWatcher } from "../../../controllers/filewatch/engine/monitor.ts";
import { temporaryDirectory, watched, write } from "./fixture.ts";

test("5,000 files that change in a burst are one event that counts each of them once", async () => {
  const root = temporaryDirectory();
  const names = Array.from({ length: 5000 }, (_, count) => `d${count % 50}/f${count}`);
  write(root, Object.fromEntries(names.map((name) => [name, "1"])));
  const watch = await watched(root, { maxMs: 60_000 });
  write(root, Object.fromEntries(names.map((name) => [name, "2"])));
  await expect.poll(() => watch.files().length).toBeGreaterThan(0);
  expect(watch.batches.map(({ files }) => files.length)).toEqual([5000]);
  expect(watch.files()).toEqual(names.toSorted());
}, 60_000);

test("FW-17: when the kernel drops events in a burst, the true set of changed files is reported", async () => {
  const root = temporaryDirectory();
  write(root, { "a/first": "1" });
  const watch = await watched(root);
  // All in one turn, so that nobody reads the queue: twice as many events as it holds.
  const limit = Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8"));
  for (let count = 0; count < limit; count++) writeFileSync(join(root, "a", `file-${count}`), "1");
  write(root, { "a/first": "2", "b/c/d": "1" });
  const expected = [
    "a/first",
    "b",
    "b/c",
    "b/c/d",
    ...Array.from({ length: limit }, (_, n) => `a/file-${n}`),
  ];
  await expect.poll(() => watch.files().length, { timeout: 15_000 }).toBe(expected.length);
  expect(new Set(watch.files())).toEqual(new Set(expected));
}, 30_000);

test("FW-17: a watch whose only event was dropped in the burst of another one sees its change too", async () => {
  const [root, other] = [temporaryDirectory(), temporaryDirectory()];
  write(other, { quiet: "1" });
  const [, watch] = [await watched(root), await watched(other)];
  const limit = Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8"));
  for (let count = 0; count < limit; count++) writeFileSync(join(root, `file-${count}`), "1");
  write(other, { quiet: "2" });
  // Much sooner than everything is looked at anyhow.
  await expect.poll(watch.files, { timeout: 8000 }).toEqual(["quiet"]);
}, 30_000);

test("FW-17: what no event told of is found by a look at everything", async () => {
  const root = temporaryDirectory();
  write(root, { "src/a": "1", "src/b": "1", "gone/x": "1" });
  const deaf: ChooseWatcher = () => ({
    open: () => ({ add: () => undefined, remove: () => undefined, close: () => undefined }),
  });
  const watch = await watched(root, {}, deaf);
  write(root, { "src/a": "2", "src/new/c": "1" });
  rmSync(join(root, "gone"), { recursive: true });
  await watch.monitor.rescan();
  expect(watch.files().toSorted()).toEqual(["gone", "gone/x", "src/a", "src/new", "src/new/c"]);
});
