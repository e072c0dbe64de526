import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createHash } from "node:crypto";
import { expect, test as plain } from "vitest";
import { LocalTree, type LocalTreeOptions, planOf, type Snapshot } from "../../../controllers/sync/index.ts";

const test = plain.extend<{ root: string }>({
  // eslint-disable-next-line no-empty-pattern
  root: async ({}, use) => {
    const root = await mkdtemp(join(tmpdir(), "tiltish-sync-"));
    await use(root);
    await rm(root, { recursive: true, force: true });
  },
});

const treeIn = (root: string, options: Partial<LocalTreeOptions> = {}) =>
  new LocalTree({
    root,
    ignores: [],
    useCFIgnore: true,
    maxFile: 1_000_000,
    caseInsensitive: false,
    ...options,
  });

async function write(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const pathsOf = ({ tree }: { tree: ReadonlyMap<string, unknown> }) => [...tree.keys()].toSorted();

test("a directory is a tree of content, modes, links and directories", async ({ root }) => {
  await write(root, { "src/app.js": "hello", "run.sh": "#!/bin/sh" });
  await chmod(join(root, "run.sh"), 0o755);
  await mkdir(join(root, "empty"));
  await symlink("src/app.js", join(root, "link"));
  const { tree, rejected } = await treeIn(root).scan();
  expect(rejected).toEqual([]);
  expect(Object.fromEntries(tree)).toMatchObject({
    empty: { type: "directory" },
    link: { type: "link", target: "src/app.js" },
    "run.sh": { type: "file", mode: 0o755 },
    src: { type: "directory" },
    "src/app.js": { type: "file", size: 5, hash: sha256("hello") },
  });
  expect(tree.size).toBe(5);
});

test("CF-12: names with spaces, quotes, newlines, emoji and accents in both forms are as they are", async ({
  root,
}) => {
  const names = ["a b", `it's "x"`, "new\nline", "🙂", "\u00e9", "e\u0301", "$(rm -rf ~)", "-rf", "%2e%2e"];
  await write(root, Object.fromEntries(names.map((name) => [name, name])));
  const { tree } = await treeIn(root).scan();
  expect(pathsOf({ tree })).toEqual(names.toSorted());
});

test("what cf push leaves out, .cfignore and ignores leave out of a sync too", async ({ root }) => {
  await write(root, {
    ".git/HEAD": "",
    "manifest.yml": "",
    ".cfignore": "*.log\n!keep.log\nbuild/\n",
    "a.log": "",
    "keep.log": "",
    "build/out": "",
    "secret.txt": "",
    app: "",
  });
  expect(pathsOf(await treeIn(root, { ignores: ["secret.*"] }).scan())).toEqual(["app", "keep.log"]);
  const all = pathsOf(await treeIn(root, { useCFIgnore: false }).scan());
  expect(all).toEqual(["a.log", "app", "build", "build/out", "keep.log", "secret.txt"]);
});

test("CF-14: links that lead out of the directory are left out, through other links as well", async ({
  root,
}) => {
  await mkdir(join(root, "m/n"), { recursive: true });
  const links = {
    absolute: "/etc/passwd",
    parent: "../x",
    "m/n/up": "../..",
    "m/n/out": "up/../../etc",
    "m/n/inside": "up/m",
    loop: "loop",
    broken: "not/there",
  };
  for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path));
  const { tree, rejected } = await treeIn(root).scan();
  expect(rejected.map(({ path, reason }) => `${path} ${reason}`).toSorted()).toEqual([
    "absolute EscapesRoot",
    "m/n/out EscapesRoot",
    "parent EscapesRoot",
  ]);
  expect(pathsOf({ tree })).toEqual(["broken", "loop", "m", "m/n", "m/n/inside", "m/n/up"]);
});

test("CF-13: names that are the same on this host are left out together, with what is below", async ({
  root,
}) => {
  await write(root, {
    "A.txt": "1",
    "a.txt": "2",
    "Dir/x": "3",
    "dir/y": "4",
    "ok/\u00e9": "5",
    "ok/e\u0301": "6",
    z: "7",
  });
  const { tree, rejected } = await treeIn(root, { caseInsensitive: true }).scan();
  expect(pathsOf({ tree })).toEqual(["ok", "z"]);
  expect(rejected.map(({ path }) => path).toSorted()).toEqual(
    ["A.txt", "Dir", "a.txt", "dir", "ok/\u00e9", "ok/e\u0301"].toSorted(),
  );
  expect(rejected.find(({ path }) => path === "A.txt")?.message).toContain("a.txt");
});

test("a socket, a file that is too large and a reserved name are left out, each with its reason", async ({
  root,
}) => {
  await write(root, { big: "x".repeat(100), ".tiltish-stage/x": "", ok: "" });
  const server = createServer().listen(join(root, "socket"));
  await once(server, "listening");
  const { tree, rejected } = await treeIn(root, { maxFile: 99 }).scan();
  server.close();
  expect(pathsOf({ tree })).toEqual(["ok"]);
  expect(Object.fromEntries(rejected.map(({ path, reason }) => [path, reason]))).toEqual({
    big: "TooLarge",
    ".tiltish-stage": "BadName",
    socket: "NotAFile",
  });
});

test("a name with a backslash is left out, and said: an upload would have it in a directory, or nowhere", async ({
  root,
}) => {
  await write(root, { "..\\evil.txt": "", "a\\b.txt": "", "dir\\/x": "", ok: "" });
  const { tree, rejected } = await treeIn(root).scan();
  expect(pathsOf({ tree })).toEqual(["ok"]);
  expect(rejected.map(({ path, reason }) => `${reason} ${path}`).toSorted()).toEqual([
    "BadName ..\\evil.txt",
    "BadName a\\b.txt",
    "BadName dir\\",
  ]);
});

test("a name that is no UTF-8 is left out, and said", async ({ root }) => {
  await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0x61, 0xff)]), "");
  expect((await treeIn(root).scan()).rejected).toMatchObject([{ reason: "BadName" }]);
});

test("CF-17: what may not be read is left out, and all else goes on", async ({ root }) => {
  await write(root, { "closed/x": "", secret: "s", open: "o" });
  await chmod(join(root, "secret"), 0o000);
  await chmod(join(root, "closed"), 0o000);
  await chmod(root, 0o755);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid!(65_534);
  const seen = await treeIn(root)
    .scan()
    .finally(() => isRoot && process.seteuid!(0));
  await chmod(join(root, "closed"), 0o700);
  expect(seen.rejected.map(({ path, reason }) => `${path} ${reason}`).toSorted()).toEqual([
    "closed Unreadable",
    "secret Unreadable",
  ]);
  expect(pathsOf(seen)).toEqual(["open"]);
});

test("what is told to have changed is looked at, and nothing else", async ({ root }) => {
  await write(root, { "a/1": "one", "a/2": "two", b: "three" });
  await utimes(join(root, "b"), 1, 1);
  const tree = treeIn(root);
  await tree.scan();
  await write(root, { "a/1": "ONE", b: "not told of", "new/deep/file": "x" });
  await rm(join(root, "a/2"));
  const seen = await tree.refresh(["a/1", "a/2", "new/deep/file", "gone/before"]);
  expect(pathsOf(seen)).toEqual(["a", "a/1", "b", "new", "new/deep", "new/deep/file"]);
  expect(seen.tree.get("a/1")).toMatchObject({ hash: sha256("ONE") });
  expect((await tree.refresh([])).tree.get("b")).toMatchObject({ size: 5 });
  await rename(join(root, "a"), join(root, "c"));
  expect(pathsOf(await tree.refresh(["a", "c"]))).toEqual([
    "b",
    "c",
    "c/1",
    "new",
    "new/deep",
    "new/deep/file",
  ]);
});

test("an ignore file that changes counts at once", async ({ root }) => {
  await write(root, { a: "", b: "" });
  const tree = treeIn(root);
  await tree.scan();
  await write(root, { ".cfignore": "b" });
  expect(pathsOf(await tree.refresh([".cfignore"]))).toEqual(["a"]);
});

test("a .cfignore that is a pipe, a socket or a directory ignores nothing, and keeps nobody waiting", async ({
  root,
}) => {
  await write(root, { a: "" });
  const file = join(root, ".cfignore");
  execFileSync("mkfifo", [file]);
  expect(pathsOf(await treeIn(root).scan())).toEqual(["a"]);
  await rm(file);
  const server = createServer().listen(file);
  await once(server, "listening");
  expect(pathsOf(await treeIn(root).scan())).toEqual(["a"]);
  server.close();
  await once(server, "close");
  await mkdir(file);
  expect(pathsOf(await treeIn(root).scan())).toEqual(["a"]);
});

test("of too many files no more is found than one that is too many, and none is read", async ({ root }) => {
  const many = Array.from({ length: 200 }, (_, i) => [`dir${i % 7}/deep/${i}`, `${i}`] as const);
  await write(root, Object.fromEntries(many));
  const limits = { maxFiles: 20, maxSet: 1_000_000 };
  const local = treeIn(root, { maxFiles: limits.maxFiles });
  const refused = ({ tree }: Snapshot) =>
    planOf({ local: tree, remote: new Map(), tracked: new Set(), deletePolicy: "Tracked" }, limits);
  const seen = await local.scan();
  const files = [...seen.tree.values()].filter((entry) => entry.type === "file");
  expect(files).toHaveLength(21);
  expect(files.every(({ hash }) => hash === "")).toBe(true);
  expect(refused(seen)).toMatchObject({ reason: "TooManyFiles" });
  for (const [path] of many.slice(20)) await rm(join(root, path));
  const fewer = await local.refresh(many.slice(20).map(([path]) => path));
  expect(fewer.tree.get("dir0/deep/0")).toMatchObject({ hash: sha256("0") });
  expect(refused(fewer)).toMatchObject({ files: 20 });
  await write(root, { "dir0/deep/0": "changed", more: "" });
  expect(refused(await local.refresh(["dir0/deep/0"]))).toMatchObject({ files: 20 });
  expect(refused(await local.refresh(["more"]))).toMatchObject({ reason: "TooManyFiles" });
});

test("a content that changed without a new size or time is seen, while the file is young", async ({
  root,
}) => {
  await write(root, { a: "one" });
  const tree = treeIn(root);
  await tree.scan();
  const now = new Date();
  await write(root, { a: "two" });
  await utimes(join(root, "a"), now, now);
  expect((await tree.scan()).tree.get("a")).toMatchObject({ hash: sha256("two") });
});

test("a root that is a link is followed, and one that is missing is said", async ({ root }) => {
  await write(root, { "real/a": "" });
  await symlink("real", join(root, "link"));
  expect(pathsOf(await treeIn(join(root, "link")).scan())).toEqual(["a"]);
  await expect(treeIn(join(root, "none")).scan()).rejects.toThrow(/ENOENT/);
  await expect(treeIn(join(root, "real/a")).scan()).rejects.toThrow(/not a directory/);
});
