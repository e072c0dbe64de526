import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect } from "vitest";
import { chunksOf, type Tree } from "../../../../controllers/sync/index.ts";
import { sides } from "../../sync/model.ts";
import { Reader, build, test, write } from "./fixture.ts";

const sorted = (tree: Tree) => [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1));
const text = (...path: string[]) => readFile(join(...path), "utf8");

test("an agent lists what is there as it is found here", async ({ rig }) => {
  await write(rig.app, { "a b/c\nd": "1", é: "", x: "2" });
  await symlink("x", join(rig.app, "link"));
  await mkdir(join(rig.app, "empty"));
  const { session, greeting } = await rig.connect();
  expect(greeting).toMatchObject({ revision: "", instanceGuid: "" });
  expect(greeting.freeBytes).toBeGreaterThan(0);
  const { tree, tracked } = await session.list();
  expect(sorted(tree)).toEqual(sorted(await rig.remote()));
  expect([...tracked]).toEqual([]);
});

test("whatever is here and there, a sync leaves both equal, over one connection", async ({ rig }) => {
  const { session } = await rig.connect();
  await fc.assert(
    fc.asyncProperty(sides(fc.constant("Mirror")), async ({ local, remote }) => {
      const hasFiles = [...local.values()].some(({ type }) => type === "file");
      await build(rig.local, local);
      await build(rig.app, remote);
      if (!hasFiles) return; // an empty directory is not synced
      const set = await rig.setFor(await session.list(), { deletePolicy: "Mirror" });
      expect(await session.sync(set)).toMatchObject({ result: "ok" });
      expect(sorted(await rig.remote())).toEqual(sorted(await rig.scan()));
    }),
    { numRuns: 150 },
  );
}, 120_000);

test("CF-12: names and contents arrive as they are, whatever they are", async ({ rig }) => {
  const files = {
    "a b": "1",
    'it\'s "x" $(id) `id`': "2",
    "new\nline": "3",
    "🙂/é/e\u0301": "4",
    "-rf": "",
    "zeros%5c": Buffer.alloc(300_000),
    random: randomBytes(700_000),
  };
  await rig.write(files);
  const { session } = await rig.connect();
  await session.sync(await rig.setFor(await session.list()));
  for (const [path, content] of Object.entries(files))
    expect((await readFile(join(rig.app, path))).equals(Buffer.from(content))).toBe(true);
});

test("what a sync has put there is remembered, and the only thing that a later one deletes", async ({
  rig,
}) => {
  await write(rig.app, { "vendor/lib": "built", "src/old": "built" });
  await rig.write({ "src/a": "1", "src/b": "2" });
  const first = await rig.connect();
  await first.session.sync(await rig.setFor(await first.session.list()));
  first.session.close();
  await rm(join(rig.local, "src"), { recursive: true });
  await rig.write({ c: "3" });
  const { session, greeting } = await rig.connect();
  expect(greeting.revision).toBe("1");
  const listing = await session.list();
  expect([...listing.tracked].toSorted()).toEqual(["src", "src/a", "src/b"]);
  await session.sync(await rig.setFor(listing));
  expect([...(await rig.remote()).keys()].toSorted()).toEqual([
    "c",
    "src",
    "src/old",
    "vendor",
    "vendor/lib",
  ]);
});

test("a renamed file is not sent, and text is sent smaller than it is", async ({ rig }) => {
  await rig.write({ large: randomBytes(500_000) });
  const { session } = await rig.connect();
  await session.sync(await rig.setFor(await session.list()));
  await rig.write({
    "b/large": await readFile(join(rig.local, "large")),
    text: "all the same\n".repeat(50_000),
  });
  await rm(join(rig.local, "large"));
  const { bytesSent } = await session.sync(await rig.setFor(await session.list()));
  expect(bytesSent).toBeLessThan(10_000);
  expect(sorted(await rig.remote())).toEqual(sorted(await rig.scan()));
});

test("CF-11: of a large file that is there, only what has changed is sent", async ({ rig }) => {
  const base = randomBytes(8_000_000);
  await rig.write({ large: base });
  const { session } = await rig.connect();
  await session.sync(await rig.setFor(await session.list()));
  const next = Buffer.concat([
    base.subarray(0, 5_000_000),
    Buffer.from("inserted"),
    base.subarray(5_000_000),
  ]);
  await rig.write({ large: next });
  const cut = async (bytes: Buffer) =>
    chunksOf(
      (async function* () {
        yield bytes;
      })(),
    );
  const chunks = { base: await cut(base), next: await cut(next) };
  const reader = new Reader(rig.local);
  const read = (path: string) => reader.read(path);
  const set = await rig.setFor(await session.list(), { chunks: () => chunks, read });
  const { bytesSent } = await session.sync(set);
  expect(bytesSent).toBeLessThan(150_000);
  expect(reader.open).toBe(0);
  expect((await readFile(join(rig.app, "large"))).equals(next)).toBe(true);
});

describe("nothing changes there when", () => {
  test("CF-16: a file is not any more what it was when it was looked at", async ({ rig }) => {
    await rig.write({ a: "1", b: "2" });
    const { session } = await rig.connect();
    const set = await rig.setFor(await session.list());
    await rig.write({ b: "X" });
    expect(await session.sync(set)).toMatchObject({ result: "failed", message: "b: arrived damaged" });
    await rig.write({ b: "longer" });
    expect(await session.sync({ ...set, revision: "2" })).toMatchObject({ result: "failed" });
    await rig.write({ b: "" });
    expect(await session.sync({ ...set, revision: "3" })).toMatchObject({ message: "b: incomplete" });
    expect((await rig.remote()).size).toBe(0);
    expect(await session.sync(await rig.setFor(await session.list()))).toMatchObject({ result: "ok" });
  });

  test("the last operation of a set cannot be done: all before it are undone", async ({ rig }) => {
    await write(rig.app, { changed: "old", gone: "old", "dir/x": "old", mode: "m" });
    await symlink("changed", join(rig.app, "link"));
    await rig.write({
      changed: "new",
      added: "new",
      "new/dir/y": "new",
      dir: "file now",
      mode: "m",
      link: "no link",
    });
    const { session } = await rig.connect();
    const set = await rig.setFor(await session.list(), { deletePolicy: "Mirror" });
    const before = sorted(await rig.remote());
    const impossible = { type: "remove", path: "dir" } as const;
    const operations = [
      ...set.plan.operations,
      { type: "makeDirectory", path: "dir/below/a/file" } as const,
      impossible,
    ];
    const outcome = await session.sync({ ...set, plan: { ...set.plan, operations } });
    expect(outcome).toMatchObject({ result: "failed" });
    expect(sorted(await rig.remote())).toEqual(before);
    expect(await text(rig.app, "gone")).toBe("old");
  });

  test("a path leads out of the root, in whatever way", async ({ rig }) => {
    const { session } = await rig.connect();
    await rig.write({ a: "1" });
    const { plan, ...set } = await rig.setFor(await session.list());
    for (const [i, path] of ["../x", "/etc/x", "a/../../x", "./x", "a//x", ".tiltish-x", ""].entries()) {
      const operations = [{ type: "makeDirectory", path } as const];
      expect(await session.sync({ ...set, revision: `r${i}`, plan: { ...plan, operations } })).toMatchObject({
        result: "failed",
        message: "bad path",
      });
    }
    await expect(stat(join(rig.home, "vcap/x"))).rejects.toThrow(/ENOENT/);
  });
});

test("CF-15: a directory there that has become a link out of the root is not written through", async ({
  rig,
}) => {
  await rig.write({ "dir/file": "1", "dir/sub/deep": "1" });
  const { session } = await rig.connect();
  await session.sync(await rig.setFor(await session.list()));
  const listing = await session.list();
  await rig.write({ "dir/file": "2", "dir/sub/deep": "2" });
  await rm(join(rig.app, "dir"), { recursive: true });
  await write(join(rig.home, "outside"), { file: "theirs", "sub/deep": "theirs" });
  await symlink("../../outside", join(rig.app, "dir"));
  expect(await session.sync(await rig.setFor(listing))).toMatchObject({
    result: "failed",
    message: expect.stringContaining("dir is a link") as string,
  });
  expect(await text(rig.home, "outside/file")).toBe("theirs");
  expect(await text(rig.home, "outside/sub/deep")).toBe("theirs");
  await session.sync(await rig.setFor(await session.list()));
  expect(await text(rig.home, "outside/file")).toBe("theirs");
  expect(await text(rig.app, "dir/file")).toBe("2");
});

test("a link that is replaced is replaced itself, not what it leads to", async ({ rig }) => {
  await write(rig.home, { "outside/file": "theirs" });
  await symlink("../../outside/file", join(rig.app, "a"));
  await symlink("nowhere", join(rig.app, "b"));
  await rig.write({ a: "mine" });
  await symlink("a", join(rig.local, "b"));
  const { session } = await rig.connect();
  await session.sync(await rig.setFor(await session.list()));
  expect(await text(rig.home, "outside/file")).toBe("theirs");
  expect([await text(rig.app, "a"), await readlink(join(rig.app, "b"))]).toEqual(["mine", "a"]);
});

test("many sets follow each other over one connection, each answered once", async ({ rig }) => {
  const { session } = await rig.connect();
  for (let i = 0; i < 50; i++) {
    await rig.write({ counter: String(i) });
    expect(await session.sync(await rig.setFor(await session.list()))).toMatchObject({ result: "ok" });
  }
  await session.ping();
  expect(await text(rig.app, "counter")).toBe("49");
});

test("a file that has become a pipe is not waited for when another one is to be made of it", async ({
  rig,
}) => {
  await rig.write({ old: "m".repeat(1000) });
  const { session } = await rig.connect();
  await session.sync(await rig.setFor(await session.list()));
  await rename(join(rig.local, "old"), join(rig.local, "new"));
  const set = await rig.setFor(await session.list());
  expect(set.plan.operations).toContainEqual(expect.objectContaining({ path: "new", from: "old" }));
  await rm(join(rig.app, "old"));
  execFileSync("mkfifo", [join(rig.app, "old")]);
  expect(await session.sync(set)).toMatchObject({ result: "failed", message: "old is not a file" });
});
