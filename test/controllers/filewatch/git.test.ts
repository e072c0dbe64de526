import { execFileSync } from "node:child_process";
import { rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { specOf, temporaryDirectory, watched, write } from "./fixture.ts";

test("FW-14: a branch switch is one event with the files that differ, and the watch works on", async () => {
  const root = temporaryDirectory();
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: root, stdio: "pipe" });
  git("init", "-q", "-b", "one");
  for (let count = 0; count < 50; count++)
    write(root, { [`one/${count}/file`]: "1", [`both/${count}`]: "1" });
  git("add", ".");
  git("commit", "-qm", "one");
  git("checkout", "-qb", "two");
  git("rm", "-rqf", "one");
  for (let count = 0; count < 50; count++)
    write(root, { [`two/${count}/file`]: "1", [`both/${count}`]: "2" });
  git("add", ".");
  git("commit", "-qm", "two");
  const watch = await watched(root);
  git("checkout", "-q", "one");
  await expect.poll(() => watch.files().filter((file) => file.endsWith("file")).length).toBe(100);
  expect(watch.files().filter((file) => file.startsWith("both/"))).toHaveLength(50);
  expect(watch.batches).toHaveLength(1);
  expect(watch.errors).toEqual([]);
  write(root, { "one/7/file": "2" });
  await expect.poll(() => watch.batches.at(-1)!.files).toEqual(["one/7/file"]);
});

test.each(["index.lock", "rebase-merge/done", "rebase-apply/next"])(
  "changes are held back as long as git has its %s, even longer than max",
  async (sign) => {
    const root = temporaryDirectory();
    write(root, { a: "1", ".git/HEAD": "x", [`.git/${sign}`]: "" });
    const watch = await watched(root, { maxMs: 50 });
    for (let count = 0; count < 20; count++) {
      write(root, { a: String(count), [`during-${count}`]: "1" });
      await delay(10);
    }
    expect(watch.batches).toEqual([]);
    rmSync(join(root, ".git", sign.split("/")[0]!), { recursive: true });
    const during = Array.from({ length: 20 }, (_, count) => `during-${count}`);
    await expect.poll(() => watch.files().toSorted()).toEqual(["a", ...during].toSorted());
    expect(watch.batches).toHaveLength(1);
  },
);

test("in a worktree, its own lock is the one that holds changes back", async () => {
  const [main, tree] = [temporaryDirectory(), temporaryDirectory()];
  const locks = join(main, ".git/worktrees/tree");
  write(main, { ".git/index.lock": "", ".git/worktrees/tree/HEAD": "x" });
  write(tree, { ".git": `gitdir: ${locks}\n`, a: "1" });
  const watch = await watched(tree);
  write(tree, { a: "2" });
  await expect.poll(watch.files).toEqual(["a"]);
  write(locks, { "index.lock": "" });
  write(tree, { a: "3" });
  await delay(100);
  expect(watch.files()).toEqual(["a"]);
  rmSync(join(locks, "index.lock"));
  await expect.poll(watch.files).toEqual(["a", "a"]);
});

test("a lock that is old, or holds an index that is written, holds nothing back", async () => {
  const root = temporaryDirectory();
  write(root, { a: "1", ".git/HEAD": "x", ".git/index.lock": "" });
  utimesSync(join(root, ".git/index.lock"), 1, 1);
  const watch = await watched(root);
  write(root, { a: "2" });
  await expect.poll(watch.files).toEqual(["a"]);
  expect(watch.monitor.git).toEqual({ path: ".git/index.lock", isStale: true });
  write(root, { ".git/index.lock": "DIRC" }); // git commit -a, while its message is written
  write(root, { a: "3" });
  await expect.poll(watch.files).toEqual(["a", "a"]);
  expect(watch.monitor.git).toBeUndefined();
});

test("a change of the spec does not wait for git", async () => {
  const root = temporaryDirectory();
  write(root, { a: "1", ".git/HEAD": "x", ".git/index.lock": "" });
  const watch = await watched(root);
  write(root, { a: "2" });
  await delay(50);
  await watch.monitor.update({ ...specOf(root), ignores: ["b"] });
  expect(watch.files()).toEqual(["a"]);
});
