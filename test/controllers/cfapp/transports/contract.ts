import { createHash, randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, readFile, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect } from "vitest";
import type { Operation, Plan, Tree } from "../../../../controllers/sync/index.ts";
import type { Link, SyncSet, Transport } from "../../../../controllers/cfapp/transports/transport.ts";
import { build, write } from "../agent/fixture.ts";
import { sides } from "../../sync/model.ts";
import { test as base, type World } from "./fixture.ts";

/** A way of moving files, and how to come by it in a world. */
export interface Subject {
  readonly name: Transport["name"];
  transport(world: World): Transport | Promise<Transport>;
  /** Trees that are tried; each takes several round trips. Default: 40. */
  readonly trees?: number;
}

const sorted = (tree: Tree) => [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1));
const text = (...path: string[]) => readFile(join(...path), "utf8");

/** What is true of every way of moving files, as far as it says that it can. */
export function transportContract(subject: Subject): void {
  const test = base.extend<{ transport: Transport; link: Link }>({
    transport: async ({ world }, use) => {
      const transport = await subject.transport(world);
      await use(transport);
      transport.close();
    },
    link: async ({ world, transport }, use) => {
      const link = await transport.connect(world.ref);
      await use(link);
      link.close();
    },
  });

  describe(`whoever moves files by ${subject.name}`, () => {
    test("is told of the container and of what was committed there, and tells its name", async ({
      world,
      transport,
      link,
    }) => {
      expect(transport.name).toBe(subject.name);
      expect(link.greeting).toMatchObject({ revision: "", treeHash: "", committedIn: "" });
      expect(link.greeting.instanceGuid).toBe(world.rig.app.instances[0]!.guid);
      await world.write({ a: "1" });
      const set = await world.setFor(await link.list());
      await (await link.stage(set)).commit();
      link.close();
      const { greeting } = await transport.connect(world.ref);
      expect(greeting).toMatchObject({
        revision: set.revision,
        treeHash: set.plan.treeHash,
        instanceGuid: greeting.committedIn,
      });
    });

    test("makes both trees equal, whatever they are", async ({ world, link }) => {
      const { links, modes, deletes } = link.capabilities;
      await fc.assert(
        fc.asyncProperty(sides(fc.constant("Mirror")), async ({ local, remote }) => {
          if (![...local.values()].some(({ type }) => type === "file")) return;
          await build(world.local, links ? local : withoutLinks(local));
          await build(world.app, deletes ? remote : new Map());
          expect(JSON.stringify(await world.sync(link))).toContain('"result":"ok"');
          const seen = (tree: Tree) => (modes ? sorted(tree) : sorted(tree).map(withoutMode));
          expect(seen(await world.remote())).toEqual(seen(await world.scan()));
        }),
        { numRuns: subject.trees ?? 40 },
      );
    });

    test("CF-12: names and contents arrive as they are, whatever they are", async ({ world, link }) => {
      const files = {
        "a b": "1",
        'it\'s "x" $(id) `id`': "2",
        "new\nline": "3",
        "🙂/é/e\u0301": "4",
        "-rf": "",
        "--delete/-e": "5",
        "*": "6",
        "tab\tand\u0007bell": "7",
        " lead and trail ": "8",
        "zeros%5c": Buffer.alloc(300_000),
        random: randomBytes(700_000),
      };
      await world.write(files);
      await world.sync(link);
      for (const [path, content] of Object.entries(files))
        expect((await readFile(join(world.app, path))).equals(Buffer.from(content))).toBe(true);
      expect(sorted(await world.remote()).map(([path]) => path)).toEqual(
        sorted(await world.scan()).map(([path]) => path),
      );
    });

    test("CF-7: deletes what an earlier set has put there, and nothing else, if it deletes", async ({
      world,
      transport,
      link,
    }) => {
      await write(world.app, { "vendor/lib": "built", "src/old": "built" });
      await world.write({ "src/a": "1", "src/b": "2", "gone/x": "3" });
      await world.sync(link, "Tracked");
      link.close();
      await rm(join(world.local, "src"), { recursive: true });
      await rm(join(world.local, "gone"), { recursive: true });
      await world.write({ c: "3" });
      const next = await transport.connect(world.ref);
      const listing = await next.list();
      if (next.capabilities.deletes)
        expect([...listing.tracked].toSorted()).toEqual(["gone", "gone/x", "src", "src/a", "src/b"]);
      const set = await world.setFor(listing, {
        deletePolicy: next.capabilities.deletes ? "Tracked" : "Never",
      });
      await (await next.stage(set)).commit();
      const paths = [...(await world.remote()).keys()].toSorted();
      const kept = ["c", "src", "src/old", "vendor", "vendor/lib"];
      expect(paths).toEqual(
        next.capabilities.deletes ? kept : [...kept, "gone", "gone/x", "src/a", "src/b"].toSorted(),
      );
    });

    test("sets modes and makes links, if it says so", async ({ world, link }) => {
      await world.write({ run: "#!/bin/sh", plain: "1", "dir/x": "2" });
      await chmod(join(world.local, "run"), 0o755);
      if (link.capabilities.links) await symlink("dir/x", join(world.local, "link"));
      await world.sync(link);
      if (link.capabilities.modes) expect((await lstat(join(world.app, "run"))).mode & 0o777).toBe(0o755);
      if (link.capabilities.links) expect(await readlink(join(world.app, "link"))).toBe("dir/x");
      await chmod(join(world.local, "plain"), 0o600);
      await world.sync(link);
      if (link.capabilities.modes) expect((await lstat(join(world.app, "plain"))).mode & 0o777).toBe(0o600);
    });

    test("CF-18: changes nothing by staging, and what was staged and left does no harm", async ({
      world,
      transport,
      link,
    }) => {
      await world.write({ a: "old", b: "old" });
      await world.sync(link);
      const before = sorted(await world.remote());
      await world.write({ a: "new", c: "new" });
      await rm(join(world.local, "b"));
      await link.stage(await world.setFor(await link.list()));
      expect(sorted(await world.remote())).toEqual(before);
      link.close();
      const next = await transport.connect(world.ref);
      expect(sorted(await world.remote())).toEqual(before);
      await next.stage(await world.setFor(await next.list()));
      await world.write({ d: "newer" });
      await world.sync(next);
      expect(await text(world.app, "d")).toBe("newer");
      expect(await text(world.app, "a")).toBe("new");
    });

    test("CF-16: changes nothing if a file is not any more what it was when it was looked at", async ({
      world,
      link,
    }) => {
      await world.write({ a: "1", b: "2" });
      for (const now of ["X", "longer", ""]) {
        await world.write({ b: "2" });
        const set = await world.setFor(await link.list());
        await world.write({ b: now });
        await expect(link.stage(set)).rejects.toThrow(/^b: /);
        expect((await world.remote()).size).toBe(0);
      }
      await world.sync(link);
      expect(sorted(await world.remote())).toEqual(sorted(await world.scan()));
    });

    test("says what reading a file says, and goes on with the next set", async ({ world, link }) => {
      await world.write({ a: "1" });
      const set = await world.setFor(await link.list());
      const read = () => Readable.from(failing());
      await expect(link.stage({ ...set, read })).rejects.toThrow("no such luck");
      await world.sync(link);
      expect(await text(world.app, "a")).toBe("1");
    });

    test("CF-19: commits a set once, however often it is told to", async ({ world, transport, link }) => {
      await world.write({ a: "1" });
      const set = await world.setFor(await link.list());
      const staged = await link.stage(set);
      expect(await staged.commit()).toMatchObject({ result: "ok" });
      await write(world.app, { a: "changed there" });
      expect(await staged.commit()).toMatchObject({ result: "ok" });
      expect(await (await link.stage(set)).commit()).toMatchObject({ result: "ok" });
      link.close();
      const next = await transport.connect(world.ref);
      expect(await (await next.stage(set)).commit()).toMatchObject({ result: "ok" });
      expect(await text(world.app, "a")).toBe("changed there");
    });

    test("CF-15: writes nothing outside of the root, whatever the names are", async ({ world, link }) => {
      await world.write({ a: "1" });
      const { plan, ...set } = await world.setFor(await link.list());
      const entry = { type: "file", size: 1, mode: 0o644, hash: sha256("1") } as const;
      for (const [i, path] of BAD_PATHS.entries())
        for (const operation of operationsAt(path, entry)) {
          const revision = `${i} ${operation.type}`;
          const bad = { ...set, revision, plan: { ...plan, operations: [operation] }, read: () => one("1") };
          await expect(outcomeOf(link, bad)).resolves.toBe("refused");
        }
      expect([...(await world.remote()).keys()]).toEqual([]);
      await expect(lstat(join(world.home, "x"))).rejects.toThrow(/ENOENT/);
      await expect(lstat("/tmp/tiltish-outside")).rejects.toThrow(/ENOENT/);
    });

    test("CF-15: does not write through a directory there that has become a link out of the root", async ({
      world,
      link,
    }) => {
      await world.write({ "dir/file": "1", "dir/sub/deep": "1", "dir/mode": "1" });
      await world.sync(link);
      const listing = await link.list();
      await world.write({ "dir/file": "2", "dir/sub/deep": "2", "dir/sub/new": "2" });
      await chmod(join(world.local, "dir/mode"), 0o600);
      await rm(join(world.app, "dir"), { recursive: true });
      const theirs = { file: "theirs", "sub/deep": "theirs", mode: "theirs" };
      await write(join(world.home, "outside"), theirs);
      await symlink("../outside", join(world.app, "dir"));
      await expect(outcomeOf(link, await world.setFor(listing))).resolves.toBe("refused");
      for (const [path, content] of Object.entries(theirs))
        expect(await text(world.home, "outside", path)).toBe(content);
      await expect(lstat(join(world.home, "outside/sub/new"))).rejects.toThrow(/ENOENT/);
      expect((await lstat(join(world.home, "outside/mode"))).mode & 0o777).toBe(0o644);
      if (!link.capabilities.deletes) return;
      await world.sync(link);
      expect(await text(world.home, "outside/file")).toBe("theirs");
      expect(await text(world.app, "dir/file")).toBe("2");
    });

    test("CF-15: whatever links are there, and whatever is to be there: what is outside stays as it is", async ({
      world,
      link,
    }) => {
      const { links, deletes } = link.capabilities;
      const outside = { a: "theirs", "b/c": "theirs", "c/a/b": "theirs" };
      await write(join(world.home, "outside"), outside);
      await fc.assert(
        fc.asyncProperty(
          sides(fc.constant("Mirror")),
          fc.subarray(["a", "b", "c", "a/b", "b/a", "c/c"]),
          async ({ local }, swapped) => {
            if (![...local.values()].some(({ type }) => type === "file")) return;
            await build(world.app, new Map());
            await build(world.local, links ? local : withoutLinks(local));
            const set = await world.setFor(await link.list(), { deletePolicy: deletes ? "Mirror" : "Never" });
            // Between the look and the commit, the app makes links out of the root.
            for (const path of swapped) {
              await mkdir(join(world.app, path, ".."), { recursive: true }).catch(() => undefined);
              await symlink(join(world.home, "outside"), join(world.app, path)).catch(() => undefined);
            }
            await outcomeOf(link, set);
            const now = await world.treeOf(join(world.home, "outside")).scan();
            expect([...now.tree.keys()].toSorted()).toEqual(["a", "b", "b/c", "c", "c/a", "c/a/b"]);
            for (const [path, content] of Object.entries(outside))
              expect(await text(world.home, "outside", path)).toBe(content);
            await rm(join(world.app), { recursive: true });
          },
        ),
        { numRuns: subject.trees ?? 40 },
      );
    });

    test("CF-9: tells how far it is with 10,000 files, and needs no more memory for more bytes", async ({
      world,
      link,
    }) => {
      const [files, size] = [10_000, 8 * 1024];
      const tree = new Map(
        Array.from({ length: files }, (_, i) => {
          const path = `file-${i}`;
          return [path, { type: "file", size, mode: 0o644, hash: sha256(contentOf(path, size)) }] as const;
        }),
      );
      const operations = [...tree].map(([path, entry]): Operation => ({ type: "put", path, entry }));
      const plan: Plan = { ...emptyPlan, operations, tree, files, bytes: files * size, treeHash: "many" };
      const told: number[] = [];
      let peak = 0;
      const base = memoryNow();
      const set = world.set(plan, {
        read: (path) => one(contentOf(path, size)),
        onProgress: (progress) => {
          told.push(progress.files);
          if (told.length % 1000 === 0) peak = Math.max(peak, memoryNow() - base);
        },
      });
      const staged = await link.stage(set);
      expect(told.length).toBeGreaterThan(10);
      expect(told).toEqual(told.toSorted((a, b) => a - b));
      expect(told.at(-1)).toBe(files);
      // Who held the set would hold more than all of it; what is under way, there and here, is in this process as well.
      expect(peak).toBeLessThan(files * size * 0.75);
      expect(await staged.commit()).toMatchObject({ result: "ok" });
      expect((await world.remote()).size).toBe(files);
    }, 180_000);

    test("answers while it is there, tells when it is not, and leaves nothing behind when it is closed", async ({
      world,
      transport,
    }) => {
      const processes = () => world.rig.app.instances[0]!.processes().length;
      await expect.poll(processes).toBeGreaterThan(0);
      const before = processes();
      const link = await transport.connect(world.ref);
      await link.ping();
      link.close();
      expect(await link.closed).toBeInstanceOf(Error);
      await expect(link.ping()).rejects.toThrow();
      link.close();
      await expect.poll(processes).toBe(before);
      await expect.poll(() => world.rig.cf.faults.ssh().open).toBe(0);
    });
  });
}

const withoutLinks = (tree: Tree): Tree => new Map([...tree].filter(([, { type }]) => type !== "link"));

const withoutMode = ([path, entry]: [string, object]) => [path, { ...entry, mode: 0 }];

const BAD_PATHS = [
  "../x",
  "/tmp/tiltish-outside",
  "a/../../x",
  "./x",
  "b//x",
  "x/",
  ".tiltish-x",
  "..",
  ".",
  "",
];

const operationsAt = (
  path: string,
  entry: Operation & { type: "put" } extends { entry: infer E } ? E : never,
) =>
  [
    { type: "put", path, entry },
    { type: "makeDirectory", path },
    { type: "link", path, target: "a" },
    { type: "remove", path },
  ] satisfies Operation[];

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

const POOL = randomBytes(1024 * 1024);

/** Bytes that nothing makes smaller, and that take no memory of their own. */
const contentOf = (path: string, size: number): Buffer =>
  POOL.subarray(Number(path.slice("file-".length)) * 97).subarray(0, size);

const one = (content: string | Buffer): AsyncIterable<Uint8Array> => Readable.from([Buffer.from(content)]);

async function* failing(): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from("");
  throw new Error("no such luck");
}

const emptyPlan: Plan = {
  operations: [],
  rejected: [],
  tree: new Map(),
  treeHash: "",
  files: 0,
  deletes: 0,
  bytes: 0,
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is held, on the heap and outside of it, and not what nobody holds any more. */
function memoryNow(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Refused is refused, be it while it is staged or when it is committed. */
async function outcomeOf(link: Link, set: SyncSet): Promise<"refused" | "committed"> {
  try {
    const { result } = await (await link.stage(set)).commit();
    return result === "failed" ? "refused" : "committed";
  } catch (error) {
    expect((error as Error).name).not.toBe("ConnectionLostError");
    return "refused";
  }
}
