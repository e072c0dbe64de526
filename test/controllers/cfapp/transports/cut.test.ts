import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { Tree } from "../../../../controllers/sync/index.ts";
import type { Link } from "../../../../controllers/cfapp/transports/transport.ts";
import { build } from "../agent/fixture.ts";
import { test, type World } from "./fixture.ts";

const CUTS = 200;
const ROUNDS = 12;

const one = {
  same: "same",
  changed: randomBytes(2000),
  "dir/gone": "gone",
  "dir/moved": "m".repeat(1000),
  turns: "a file",
};
const other = {
  same: "same",
  changed: randomBytes(3000),
  moved: "m".repeat(1000),
  "turns/into/directory": "now",
  "new/file": randomBytes(500),
};

const sorted = (tree: Tree) => JSON.stringify([...tree].toSorted(([a], [b]) => (a < b ? -1 : 1)));

async function change(world: World, files: Record<string, string | Buffer>): Promise<void> {
  await build(world.local, new Map());
  await world.write(files);
}

/** Staged and committed apart, or without waiting in between. */
async function syncOver(world: World, link: Link, inOne: boolean) {
  const set = await world.setFor(await link.list(), { deletePolicy: "Mirror" });
  return { set, run: async () => (inOne ? link.sync!(set) : (await link.stage(set)).commit()) };
}

test("CF-18: cut off at any byte of a sync, the tree there is the old one or the new one, and the next sync converges", async ({
  world,
}) => {
  const wire = world.rig.cf.faults.ssh();
  const instance = world.rig.app.instances[0]!;
  await expect.poll(() => instance.processes().length).toBeGreaterThan(0);
  const idle = instance.processes().length;
  let link = await world.connect();
  const bytes: number[] = [];
  for (const files of [one, other]) {
    await change(world, files);
    const { run } = await syncOver(world, link, false);
    const before = wire.bytes.up + wire.bytes.down;
    await run();
    bytes.push(wire.bytes.up + wire.bytes.down - before);
  }
  const seen = { old: 0, new: 0, uncut: 0 };
  for (let round = 0; round < CUTS; round++) {
    const before = sorted(await world.remote());
    await change(world, round % 2 === 0 ? one : other);
    const after = sorted(await world.scan());
    const { set, run } = await syncOver(world, link, round % 3 === 0);
    const isCut = wire.cutAfter(Math.floor(Math.random() * Math.max(...bytes)));
    const outcome = await run().catch((error: Error) => error);
    if (outcome instanceof Error) expect(outcome.name).toBe("ConnectionLostError");
    else seen.uncut++;
    // Small differences in compression may leave some bytes to the end.
    if (!(outcome instanceof Error)) wire.drop();
    else await isCut;
    wire.mend();
    await link.closed;
    await expect.poll(() => instance.processes().length).toBe(idle);
    const now = sorted(await world.remote());
    const is = now === before ? "old" : "new";
    if (is === "new") expect(now).toBe(after);
    seen[is]++;
    link = await world.connect();
    expect(link.greeting.revision === set.revision).toBe(is === "new");
    if (is === "new") continue;
    await (await syncOver(world, link, false)).run();
    expect(sorted(await world.remote())).toBe(after);
  }
  expect(seen.old).toBeGreaterThan(CUTS / 2);
  expect(seen.new).toBeGreaterThan(0);
}, 300_000);

test("CF-19: cut off while it is committed, the next greeting tells what became of it, however soon it is asked for", async ({
  world,
}) => {
  const wire = world.rig.cf.faults.ssh();
  const filesOf = (round: number) =>
    Object.fromEntries(
      Array.from({ length: 150 }, (_, i) => [`d${(i + round) % 20}/f${i}`, `${round} ${i}`]),
    );
  let link = await world.connect();
  let bytes = 0;
  for (const round of [0, 1]) {
    await change(world, filesOf(round));
    const staged = await link.stage((await syncOver(world, link, false)).set);
    const before = wire.bytes.up + wire.bytes.down;
    await staged.commit();
    bytes = wire.bytes.up + wire.bytes.down - before;
  }
  const seen = { old: 0, new: 0 };
  for (let round = 0; round <= ROUNDS; round++) {
    await change(world, filesOf(round + 2));
    const { set } = await syncOver(world, link, false);
    const [before, after] = [sorted(await world.remote()), sorted(await world.scan())];
    const staged = await link.stage(set);
    // From before the commit arrives until after it is done.
    void wire.cutAfter(Math.floor((bytes * round) / ROUNDS), { ending: round % 2 === 0 ? "close" : "reset" });
    await staged.commit().then(
      () => wire.drop(),
      () => undefined,
    );
    wire.mend();
    link = await world.connect();
    const is = link.greeting.revision === set.revision ? "new" : "old";
    expect(sorted(await world.remote())).toBe(is === "new" ? after : before);
    seen[is]++;
    if (is === "old") await (await syncOver(world, link, false)).run();
  }
  expect(Math.min(seen.old, seen.new)).toBeGreaterThan(0);
}, 120_000);
