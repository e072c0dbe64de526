import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDirectoryWatcher } from "../../../controllers/filewatch/engine/directory-watcher.ts";
import { openLimitedWatcher } from "../../../controllers/filewatch/engine/limited-watcher.ts";
import { openPollingWatcher } from "../../../controllers/filewatch/engine/polling-watcher.ts";
import { openRecursiveWatcher } from "../../../controllers/filewatch/engine/recursive-watcher.ts";
import type { OpenWatcher } from "../../../controllers/filewatch/engine/watcher.ts";
import { temporaryDirectory, write } from "./fixture.ts";

const ways: [string, OpenWatcher][] = [
  ["directory events", openDirectoryWatcher],
  ["recursive events", openRecursiveWatcher],
  ["polling", (events) => openPollingWatcher(events, 20)],
];

function open(way: OpenWatcher) {
  const hints = new Set<string>();
  const watcher = way({
    hint: (directory, name) => void hints.add(name === undefined ? directory : join(directory, name)),
    lost: (error) => void hints.add(String(error)),
  });
  onTestFinished(() => watcher.close());
  /** Whether there was a hint that leads to this file: its own, or its directory's. */
  const leadsTo = (directory: string, name: string) =>
    hints.has(directory) || hints.has(join(directory, name));
  return { watcher, hints, leadsTo };
}

/** A way of watching is ready when a change that is made again and again is seen. */
async function ready(root: string, leadsTo: (directory: string, name: string) => boolean) {
  let count = 0;
  await expect
    .poll(() => {
      writeFileSync(join(root, "ready"), String(count++));
      return leadsTo(root, "ready");
    })
    .toBe(true);
}

describe.each(ways)("a watcher by %s", (_name, way) => {
  test("hints at files that are written, renamed and removed in a directory that was added", async () => {
    const root = temporaryDirectory();
    write(root, { "a.txt": "1", "b.txt": "1" });
    const { watcher, leadsTo, hints } = open(way);
    watcher.add(root);
    await ready(root, leadsTo);
    hints.clear();
    writeFileSync(join(root, "a.txt"), "longer");
    await expect.poll(() => leadsTo(root, "a.txt")).toBe(true);
    renameSync(join(root, "b.txt"), join(root, "c.txt"));
    await expect.poll(() => leadsTo(root, "b.txt") && leadsTo(root, "c.txt")).toBe(true);
    rmSync(join(root, "c.txt"));
    mkdirSync(join(root, "sub"));
    await expect.poll(() => leadsTo(root, "sub")).toBe(true);
  });

  test("hints at files in a nested directory once that is added, and no more once it is removed", async () => {
    const root = temporaryDirectory();
    write(root, { "sub/file": "1" });
    const { watcher, leadsTo, hints } = open(way);
    watcher.add(root);
    watcher.add(join(root, "sub"));
    await ready(join(root, "sub"), leadsTo);
    watcher.remove(join(root, "sub"));
    hints.clear();
    write(root, { "sub/file": "unseen" });
    await ready(root, leadsTo);
    expect(hints).not.toContain(join(root, "sub", "file"));
  });

  test("is silent after it was closed", async () => {
    const root = temporaryDirectory();
    const [closed, other] = [open(way), open(way)];
    closed.watcher.add(root);
    other.watcher.add(root);
    await ready(root, closed.leadsTo);
    closed.watcher.close();
    closed.hints.clear();
    await ready(root, other.leadsTo);
    write(root, { last: "1" });
    await expect.poll(() => other.leadsTo(root, "last")).toBe(true);
    expect(closed.hints.size).toBe(0);
  });
});

test("directories for which the system gives no watch are polled, and it is said why", async () => {
  const root = temporaryDirectory();
  write(root, { "sub/file": "1" });
  const refused = Object.assign(new Error("no space left for watches"), { code: "ENOSPC" });
  const limits: Error[] = [];
  const limited: OpenWatcher = (events) =>
    openLimitedWatcher(
      (inner) => {
        const watcher = openDirectoryWatcher(inner);
        const add = (directory: string) => {
          if (directory !== root) throw refused;
          watcher.add(directory);
        };
        return { ...watcher, add };
      },
      { ...events, limited: (error) => void limits.push(error) },
    );
  const { watcher, leadsTo } = open(limited);
  watcher.add(root);
  watcher.add(join(root, "sub"));
  await ready(root, leadsTo);
  await ready(join(root, "sub"), leadsTo);
  expect(limits).toEqual([refused]);
});
