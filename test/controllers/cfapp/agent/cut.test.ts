import { mkdir, readFile } from "node:fs/promises";
import { Duplex, PassThrough, Transform } from "node:stream";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { Tree } from "../../../../controllers/sync/index.ts";
import { build, ended, type Rig, test, write } from "./fixture.ts";

const sorted = (tree: Tree) => [...tree].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Lets so many bytes through to the agent, and then nothing, either way. */
const cutAfter =
  (bytes: number) =>
  (channel: Duplex): Duplex => {
    let left = bytes;
    const input = new Transform({
      transform(chunk: Buffer, _, done) {
        const part = chunk.subarray(0, left);
        left -= part.length;
        if (left > 0) return done(null, part);
        this.push(part);
        // What has been let through arrives.
        setImmediate(() => channel.end(() => both.destroy()));
        done();
      },
    });
    const output = new PassThrough();
    channel.pipe(output);
    input.pipe(channel, { end: false });
    input.on("end", () => channel.end());
    const both = Duplex.from({ writable: input, readable: output });
    return both;
  };

const OLD = { same: "same", changed: "old", "dir/gone": "old", "dir/moved": "m".repeat(1000), turns: "file" };

async function prepare(rig: Rig): Promise<void> {
  await build(rig.app, new Map());
  await build(rig.local, new Map());
  await rig.write(OLD);
  const { session, agent } = await rig.connect();
  await session.sync(await rig.setFor(await session.list(), { deletePolicy: "Mirror" }));
  session.close();
  await ended(agent);
  await build(rig.local, new Map());
  await rig.write({
    same: "same",
    changed: randomBytes(3000),
    moved: "m".repeat(1000),
    "turns/into/directory": "new",
    "new/file": randomBytes(500),
  });
}

test("CF-18: cut off at any byte, the tree there is the old one or the new one, and the next sync converges", async ({
  rig,
}) => {
  await prepare(rig);
  const probe = await rig.connect();
  const total = 200 + (await probe.session.sync(await rig.setFor(await probe.session.list()))).bytesSent;
  probe.session.close();
  const seen = { old: 0, new: 0 };
  for (let round = 0; round < 60; round++) {
    await prepare(rig);
    const [before, after] = [sorted(await rig.remote()), sorted(await rig.scan())];
    const at = 1 + Math.floor((round / 60) * total) + (round % 7);
    try {
      const { session } = await rig.connect(cutAfter(at));
      await session.sync(await rig.setFor(await session.list()));
    } catch (error) {
      expect((error as Error).name).toBe("ConnectionLostError");
    }
    await ended(rig.agents.at(-1)!);
    const now = sorted(await rig.remote());
    const is = JSON.stringify(now) === JSON.stringify(before) ? "old" : "new";
    if (is === "new") expect(now).toEqual(after);
    seen[is]++;
    const { session } = await rig.connect();
    await session.sync(await rig.setFor(await session.list()));
    expect(sorted(await rig.remote())).toEqual(after);
    session.close();
  }
  expect(seen.old).toBeGreaterThan(0);
}, 120_000);

test("CF-19: an agent that is killed in the middle of a commit is finished by the next one", async ({
  rig,
}) => {
  const many = Object.fromEntries(
    Array.from({ length: 250 }, (_, i) => [`dir${i % 20}/file${i}`, `new ${i}`]),
  );
  const old = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`dir${i % 10}/old${i}`, `old ${i}`]));
  const seen = new Set<string>();
  let takesMs = 0;
  for (let round = 0; round < 16; round++) {
    await build(rig.app, new Map());
    await build(rig.local, new Map());
    await rig.write(old);
    const first = await rig.connect();
    await first.session.sync(await rig.setFor(await first.session.list(), { deletePolicy: "Mirror" }));
    first.session.close();
    await ended(first.agent);
    const before = sorted(await rig.remote());
    await build(rig.local, new Map());
    await rig.write(many);
    const { session, agent } = await rig.connect();
    const set = await rig.setFor(await session.list());
    // The first is let be, to see how long it takes; the others are killed at every moment of that.
    const begun = performance.now();
    const kill = round > 0 && setTimeout(() => agent.kill("SIGKILL"), (takesMs * round) / 13);
    await session.sync(set).catch(() => "lost");
    if (!kill) takesMs = performance.now() - begun;
    agent.kill("SIGKILL");
    await ended(agent);
    const next = await rig.connect();
    const now = sorted(await rig.remote());
    const after = sorted(await rig.scan());
    const isNew = next.greeting.revision === set.revision;
    expect(now).toEqual(isNew ? after : before);
    seen.add(isNew ? "new" : "old");
    next.session.close();
  }
  expect(seen.size).toBe(2);
}, 120_000);

/** As an agent leaves it that is killed once it has done these operations, but for those that are in its stage. */
async function leaveJournal(rig: Rig, operations: string[][], staged: Record<string, string>): Promise<void> {
  const state = join(rig.home, "vcap/tmp/.tiltish");
  const stage = join(state, "stage.0");
  const fields = operations.flatMap((operation) => [String(operation.length), ...operation]);
  const journal = [stage, "the new one", "hash", "-1", "", ...fields].join("\0");
  await write(state, { journal });
  await write(stage, staged);
}

const DONE = [
  ["put", "changed", "644", "3", "-", ""],
  ["put", "fresh", "644", "3", "-", ""],
  ["unlink", "gone/deep/x"],
  ["rmdir", "gone/deep"],
  ["rmdir", "gone"],
  ["mkdir", "made"],
];
/** What was there before each of them. */
const BEGUN = "100644\n-\n100644\n40755\n40755\n-\n";
const KEPT = { "kept-0": "old", "kept-2": "old x", begun: BEGUN };

const textIn = (rig: Rig, path: string) => readFile(join(rig.app, path), "utf8").catch(() => undefined);

test("CF-19: what was done before a crash is undone too if the rest cannot be", async ({ rig }) => {
  await write(rig.app, { changed: "new", fresh: "new", "blocked/by": "the app" });
  await mkdir(join(rig.app, "made"));
  await leaveJournal(rig, [...DONE, ["put", "blocked", "644", "3", "-", ""]], { ...KEPT, "6": "new" });
  const { greeting } = await rig.connect();
  expect(greeting.revision).not.toBe("the new one");
  expect([...(await rig.remote()).keys()].toSorted()).toEqual(
    ["blocked", "blocked/by", "changed", "gone", "gone/deep", "gone/deep/x"].toSorted(),
  );
  expect(await textIn(rig, "changed")).toBe("old");
  expect(await textIn(rig, "gone/deep/x")).toBe("old x");
});

test("CF-19: what was done before a crash is done, also in directories that are gone since", async ({
  rig,
}) => {
  await write(rig.app, { changed: "new", fresh: "new" });
  await mkdir(join(rig.app, "made"));
  await leaveJournal(rig, [...DONE, ["put", "last", "644", "3", "-", ""]], { ...KEPT, "6": "new" });
  const { greeting } = await rig.connect();
  expect(greeting.revision).toBe("the new one");
  expect([...(await rig.remote()).keys()].toSorted()).toEqual(["changed", "fresh", "last", "made"]);
  expect(await textIn(rig, "changed")).toBe("new");
});

test("CF-19: what was begun to be undone before a crash is undone whole", async ({ rig }) => {
  await write(rig.app, { changed: "old", fresh: "new" });
  const staged = { "kept-2": "old x", "given-up": BEGUN, "6": "new" };
  await leaveJournal(rig, [...DONE, ["put", "last", "644", "3", "-", ""]], staged);
  const { greeting } = await rig.connect();
  expect(greeting.revision).not.toBe("the new one");
  expect([...(await rig.remote()).keys()].toSorted()).toEqual([
    "changed",
    "gone",
    "gone/deep",
    "gone/deep/x",
  ]);
  expect(await textIn(rig, "changed")).toBe("old");
});

test("CF-19: files that became directories before a crash, and the other way round, are done too", async ({
  rig,
}) => {
  await write(rig.app, { "was-file/y": "new", "was-directory": "new" });
  const operations = [
    ["unlink", "was-directory/x"],
    ["rmdir", "was-directory"],
    ["unlink", "was-file"],
    ["mkdir", "was-file"],
    ["put", "was-file/y", "644", "3", "-", ""],
    ["put", "was-directory", "644", "3", "-", ""],
    ["put", "last", "644", "3", "-", ""],
  ];
  await leaveJournal(rig, operations, {
    "kept-0": "old",
    "kept-2": "old",
    "6": "new",
    begun: "100644\n40755\n100644\n-\n-\n-\n",
  });
  const { greeting } = await rig.connect();
  expect([...(await rig.remote()).keys()].toSorted()).toEqual([
    "last",
    "was-directory",
    "was-file",
    "was-file/y",
  ]);
  expect(greeting.revision).toBe("the new one");
});

test("what an agent has left in its stage does no harm", async ({ rig }) => {
  await write(join(rig.home, "vcap/tmp/.tiltish/stage"), { "0": "left", "dir/x": "left", "kept-0": "left" });
  await rig.write({ a: "1" });
  const { session } = await rig.connect();
  expect(await session.sync(await rig.setFor(await session.list()))).toMatchObject({ result: "ok" });
  expect([...(await rig.remote()).keys()]).toEqual(["a"]);
});
