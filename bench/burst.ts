import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { Ear } from "./lib/ear.ts";
import { FLOOR, type Loop, LOOPS } from "./lib/loops.ts";
import { Series } from "./lib/series.ts";
import type { Case } from "./lib/stats.ts";
import { plantTree, rewriteTree, saveApp } from "./lib/tree.ts";

const FILES = 5_000;
const SETTLE_MS = 4_000;
const SUBJECTS = [FLOOR, "tiltish", "nodemon"];
/** Runs that nobody needed would begin within this time. */
const REST_MS = 2_000;

export const burst: Benchmark = {
  name: "burst",
  promise: "5,000 files change at once, the program last: from that last save until it runs",
  goal: "one run for each burst, with all that changed",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const rounds = settings.quick ? 3 : 10;
  const ear = await Ear.open();
  try {
    const series = new Series("ms");
    const loops = new Map<string, { root: string; loop: Loop }>();
    for (const name of SUBJECTS) loops.set(name, await startLoop(settings, ear, name));
    await sleep(SETTLE_MS);
    const before = new Map(ear.counts);
    for (let round = 1; round <= rounds; round++) {
      settings.tell(`round ${round} of ${rounds}`);
      for (const [name, { root, loop }] of loops) {
        rewriteTree(root, round);
        const version = `${keyOf(name)}-${round}`;
        const runs = ear.hears(version, 20_000);
        saveApp(root, version, ear.port);
        const saved = process.hrtime.bigint();
        loop.saved();
        const at = await runs;
        series.add(name, at === undefined ? [] : [Number(at - saved) / 1e6]);
        await sleep(REST_MS);
      }
    }
    for (const name of SUBJECTS) {
      const count = startsOf(ear, keyOf(name)) - (before.get(`${keyOf(name)}-0`) ?? 0);
      series.note(name, `started the program ${count} times for ${rounds} bursts`);
    }
    await Promise.all([...loops.values()].map(({ loop }) => loop.stop()));
    return [{ name: "5,000 files", baseline: FLOOR, lines: series.lines }];
  } finally {
    ear.close();
  }
}

const keyOf = (name: string): string => name.slice(0, 5).trim();

/** How often any version of the subject's program was started. */
const startsOf = ({ counts }: Ear, key: string): number =>
  [...counts].filter(([version]) => version.startsWith(`${key}-`)).reduce((sum, [, count]) => sum + count, 0);

async function startLoop(settings: Settings, ear: Ear, name: string): Promise<{ root: string; loop: Loop }> {
  const root = settings.directory("tree");
  plantTree(root, FILES);
  saveApp(root, `${keyOf(name)}-0`, ear.port);
  const runs = ear.hears(`${keyOf(name)}-0`, 15_000);
  const loop = await LOOPS[name]!.start(root, settings.directory("state"));
  if ((await runs) === undefined) throw new Error(`${name} did not start the program`);
  return { root, loop };
}
