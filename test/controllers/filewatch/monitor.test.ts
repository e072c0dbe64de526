import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { chooseWatcher } from "../../../controllers/filewatch/engine/open-watcher.ts";
import type { ChooseWatcher } from "../../../controllers/filewatch/engine/monitor.ts";
import { settled, temporaryDirectory, watched, write } from "./fixture.ts";

test("a save is reported, relative to the root", async () => {
  const root = temporaryDirectory();
  write(root, { "src/a.ts": "1" });
  const watch = await watched(root);
  write(root, { "src/a.ts": "2" });
  await expect.poll(() => watch.batches).toMatchObject([{ files: ["src/a.ts"] }]);
  expect(watch.monitor.fileCount).toBe(1);
});

test("FW-3: droppings of editors cause no event", async () => {
  const root = temporaryDirectory();
  const watch = await watched(root);
  write(root, {
    ".idea/workspace.xml": "1",
    ".main.ts.swp": "1",
    "4913": "",
    "main.ts~": "1",
    ".git/index": "1",
  });
  expect(await settled(watch, root)).toEqual([]);
});

test("FW-4: after a change of the spec only the new places are watched, and nothing in between is lost", async () => {
  const root = temporaryDirectory();
  write(root, { "old/a": "1", "new/a": "1", "new/skip/a": "1" });
  const watch = await watched(root, { paths: ["old"] });
  const spec = {
    root,
    paths: ["new"],
    ignores: ["skip"],
    defaultIgnores: true,
    onlyContentChanges: true,
    maxMs: 2000,
  };
  write(root, { "old/a": "2" });
  const updated = watch.monitor.update(spec);
  write(root, { "new/a": "2" });
  await updated;
  write(root, { "old/a": "3", "new/skip/a": "2", "new/b": "1" });
  await expect.poll(watch.files).toContain("new/b");
  expect(watch.files().filter((file) => file === "old/a")).toHaveLength(1);
  expect(watch.files()).not.toContain("new/skip/a");
});

test("an unchanged place that stays watched over a change of the spec reports each change once", async () => {
  const root = temporaryDirectory();
  write(root, { a: "0" });
  const watch = await watched(root);
  for (let count = 1; count <= 5; count++) {
    const updated = watch.monitor.update({
      root,
      paths: ["."],
      defaultIgnores: true,
      onlyContentChanges: true,
      maxMs: 2000,
    });
    write(root, { [`during-${count}`]: "1" });
    await updated;
  }
  await settled(watch, root);
  expect(watch.files().filter((file) => file.startsWith("during")).length).toBeLessThanOrEqual(5);
});

test("FW-10: a new directory and the files in it are reported, however deep, and later edits in it too", async () => {
  const root = temporaryDirectory();
  const watch = await watched(root);
  for (let count = 0; count < 20; count++) write(root, { [`new-${count}/deep/er/file`]: "1" });
  const all = Array.from({ length: 20 }, (_, count) => `new-${count}/deep/er/file`);
  await expect.poll(watch.files).toEqual(expect.arrayContaining([...all, "new-0", "new-0/deep"]));
  write(root, { "new-7/deep/er/file": "2" });
  await expect.poll(() => watch.batches.at(-1)!.files).toEqual(["new-7/deep/er/file"]);
});

test("a new directory with nothing in it is no event, and is told with the first file in it", async () => {
  const root = temporaryDirectory();
  write(root, { "old/empty/.keep": "1" });
  const watch = await watched(root, { ignores: [".keep"] });
  mkdirSync(join(root, "new/deep"), { recursive: true });
  rmSync(join(root, "old"), { recursive: true });
  expect(await settled(watch, root)).toEqual([]);
  write(root, { "new/deep/file": "1" });
  await expect.poll(() => watch.batches.at(-1)!.files).toEqual(["new", "new/deep", "new/deep/file"]);
  write(root, { "new/deep/other": "1" });
  await expect.poll(() => watch.batches.at(-1)!.files).toEqual(["new/deep/other"]);
});

test("a path that comes as a link to a directory is watched as if it had been there from the start", async () => {
  const [root, real] = [temporaryDirectory(), temporaryDirectory()];
  const watch = await watched(root, { paths: ["later"] });
  symlinkSync(real, join(root, "later"));
  await expect.poll(watch.files).toContain("later");
  write(real, { a: "1" });
  await expect.poll(watch.files).toContain("later/a");
});

test("FW-11: a file whose directories are missing too is reported when it comes, its neighbours are not", async () => {
  const root = temporaryDirectory();
  const watch = await watched(root, { paths: ["missing/deep/file", "sentinel-0"] });
  expect(watch.monitor.missing).toEqual(["missing/deep/file", "sentinel-0"]);
  write(root, { "missing/sibling": "1", "missing/deep/sibling": "1" });
  expect(await settled(watch, root)).toEqual([]);
  write(root, { "missing/deep/file": "1" });
  await expect.poll(watch.files).toEqual(["sentinel-0", "missing/deep/file"]);
  expect(watch.monitor.missing).toEqual([]);
});

test("FW-11: the coming of the watched directory itself is no event, the files in it are", async () => {
  const root = temporaryDirectory();
  const watch = await watched(root, { paths: ["later/here"] });
  mkdirSync(join(root, "later/here"), { recursive: true });
  write(root, { "later/here/file": "1" });
  await expect.poll(watch.files).toEqual(["later/here/file"]);
});

test("FW-12: removing, adding again and replacing by rename are each reported under the file's own path", async () => {
  const root = temporaryDirectory();
  write(root, { file: "1" });
  const watch = await watched(root);
  rmSync(join(root, "file"));
  await expect.poll(watch.files).toEqual(["file"]);
  write(root, { file: "2" });
  await expect.poll(watch.files).toEqual(["file", "file"]);
  write(root, { ".file.tmp-4711": "3" });
  renameSync(join(root, ".file.tmp-4711"), join(root, "file"));
  await expect.poll(watch.files).toEqual(["file", "file", "file"]);
});

test("FW-12: a watched directory that is removed and made again is watched again", async () => {
  const root = temporaryDirectory();
  write(root, { "src/a": "1" });
  const watch = await watched(root, { paths: ["src"] });
  for (const text of ["2", "3"]) {
    rmSync(join(root, "src"), { recursive: true });
    await expect.poll(() => watch.files().at(-1)).toBe("src/a");
    const before = watch.files().length;
    write(root, { "src/a": text });
    await expect.poll(() => watch.files().length).toBe(before + 1);
    write(root, { "src/a": `${text} and more` });
    await expect.poll(() => watch.files().length).toBe(before + 2);
  }
});

test("FW-12: a directory that another one takes the place of is watched again", async () => {
  const root = temporaryDirectory();
  write(root, { "dist/a": "1", "next/a": "2", "next/b": "1" });
  const watch = await watched(root, { paths: ["dist"] });
  renameSync(join(root, "dist"), join(root, "old"));
  renameSync(join(root, "next"), join(root, "dist"));
  await expect.poll(() => watch.files().toSorted()).toEqual(["dist/a", "dist/b"]);
  write(root, { "dist/b": "2" });
  await expect.poll(() => watch.files().length).toBe(3);
});

test("FW-13: a change of nothing but time or mode is no event, for directories and files", async () => {
  const root = temporaryDirectory();
  write(root, { "src/a": "1" });
  const watch = await watched(root);
  utimesSync(join(root, "src"), new Date(), new Date());
  chmodSync(join(root, "src"), 0o700);
  chmodSync(join(root, "src/a"), 0o600);
  utimesSync(join(root, "src/a"), new Date(), new Date());
  expect(await settled(watch, root)).toEqual([]);
});

test("a file that becomes executable is reported", async () => {
  const root = temporaryDirectory();
  write(root, { run: "1" });
  const watch = await watched(root);
  chmodSync(join(root, "run"), 0o755);
  await expect.poll(watch.files).toEqual(["run"]);
});

test("FW-15: links are reported as themselves, good or broken, and not followed", async () => {
  const root = temporaryDirectory();
  write(root, { "real/file": "1", "tree/a": "1" });
  const watch = await watched(root, { paths: ["tree", "sentinel-3", "sentinel-2"] });
  symlinkSync("../real", join(root, "tree/good"));
  symlinkSync("nowhere", join(root, "tree/broken"));
  await expect.poll(() => watch.files().toSorted()).toEqual(["tree/broken", "tree/good"]);
  write(root, { "real/file": "2" });
  expect(await settled(watch, root)).toHaveLength(2);
  rmSync(join(root, "tree/broken"));
  await expect.poll(() => watch.batches.at(-1)!.files).toEqual(["tree/broken"]);
});

test("FW-16: files below an exception of an ignored directory are seen, and ignored directories cost no watches", async () => {
  const root = temporaryDirectory();
  write(root, { "a/x": "1", "a/b/x": "1", "a/c/x": "1", "node_modules/p/x": "1" });
  const added: string[] = [];
  const counting: ChooseWatcher = (spec, limited) => {
    const { open } = chooseWatcher([spec.root], undefined, limited);
    return {
      open: (events) => {
        const watcher = open(events);
        return { ...watcher, add: (directory) => (added.push(directory), watcher.add(directory)) };
      },
    };
  };
  const watch = await watched(root, { ignores: ["a", "!a/b"] }, counting);
  expect(added.toSorted()).toEqual([root, join(root, "a"), join(root, "a/b")]);
  write(root, { "a/x": "2", "a/c/x": "2", "a/b/x": "2", "a/b/new/x": "1" });
  await expect.poll(() => watch.files().toSorted()).toEqual(["a/b/new", "a/b/new/x", "a/b/x"]);
});

test("sockets are no files", async () => {
  const root = temporaryDirectory();
  const listen = async (name: string) => {
    const server = createServer().listen(join(root, name));
    onTestFinished(() => void server.close());
    await once(server, "listening");
  };
  await listen("before");
  const watch = await watched(root);
  await listen("after");
  expect(await settled(watch, root)).toEqual([]);
});

test("FW-18: rewriting a file with the bytes it had is no event, unless asked for", async () => {
  const root = temporaryDirectory();
  write(root, { a: "same", b: "same" });
  const [watch, eager] = [await watched(root), await watched(root, { onlyContentChanges: false })];
  write(root, { a: "same", "b.tmp": "same" });
  renameSync(join(root, "b.tmp"), join(root, "b"));
  expect(await settled(watch, root)).toEqual([]);
  await expect.poll(() => eager.files().toSorted()).toEqual(expect.arrayContaining(["a", "b"]));
});

test("polling sees changes where there are no events", async () => {
  const root = temporaryDirectory();
  write(root, { "src/a": "1" });
  const watch = await watched(root, { pollMs: 20 });
  await expect
    .poll(() => {
      appendFileSync(join(root, "src/a"), "more");
      return watch.files();
    })
    .toContain("src/a");
  write(root, { "src/new/b": "1" });
  await expect.poll(watch.files).toContain("src/new/b");
  expect(watch.monitor.way?.message).toMatch(/every 20 ms/);
});

test("ignore files are read again when they change", async () => {
  const root = temporaryDirectory();
  write(root, { ".gitignore": "*.log\n", "a.log": "1", "a.tmp": "1" });
  const watch = await watched(root, { paths: ["."], ignoreFiles: [".gitignore"] });
  write(root, { "a.log": "2" });
  expect(await settled(watch, root)).toEqual([]);
  write(root, { ".gitignore": "*.tmp\n" });
  await expect.poll(watch.files).toContain(".gitignore");
  await expect
    .poll(() => {
      appendFileSync(join(root, "a.log"), "more");
      return watch.files();
    })
    .toContain("a.log");
  const before = watch.files().filter((file) => file !== "a.log").length;
  write(root, { "a.tmp": "2" });
  await settled(watch, root);
  expect(watch.files()).not.toContain("a.tmp");
  expect(before).toBeGreaterThan(0);
});

test("FW-6: a closed monitor holds no watches of the operating system", async () => {
  const root = temporaryDirectory();
  write(root, { "a/b/c/d": "1" });
  const count = () =>
    readdirSync("/proc/self/fdinfo")
      .map((fd) => {
        try {
          return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").split("inotify wd:").length - 1;
        } catch {
          return 0;
        }
      })
      .reduce((sum, one) => sum + one, 0);
  const before = count();
  const { monitor } = await watched(root);
  expect(count()).toBe(before + 4);
  monitor.close();
  await expect.poll(count).toBe(before);
});

test("files that changed while nobody watched can be told by their times", async () => {
  const root = temporaryDirectory();
  write(root, { old: "1", newer: "1", future: "1" });
  const hourAgo = new Date(Date.now() - 3_600_000);
  const watch = await watched(root);
  expect(await watch.monitor.changedSince(hourAgo.getTime())).toEqual(["future", "newer", "old"]);
  expect(await watch.monitor.changedSince(Date.now() + 10_000)).toEqual([]);
});
