import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { Ear } from "./lib/ear.ts";
import { FLOOR, type Loop, LOOPS } from "./lib/loops.ts";
import { Series } from "./lib/series.ts";
import type { Case } from "./lib/stats.ts";
import { plantTree, rewriteTree, saveApp } from "./lib/tree.ts";

const FILES = 5_000;
const SETTLE_MS = 10_000;
/** Who has not shown the new program by then has missed the burst. */
const MISSED_MS = 20_000;
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
    const subjects: Subject[] = [];
    for (const name of SUBJECTS) subjects.push(await startSubject(settings, ear, name));
    await sleep(SETTLE_MS);
    for (let round = 1; round <= rounds; round++) {
      settings.tell(`round ${round} of ${rounds}`);
      for (const subject of subjects) series.add(subject.name, await burstOnce(subject, ear, round));
    }
    for (const { name, key } of subjects) series.note(name, noteOf(ear, key, rounds));
    await Promise.all(subjects.map(({ loop }) => loop.stop()));
    return [{ name: "5,000 files", baseline: FLOOR, lines: series.lines }];
  } finally {
    ear.close();
  }
}

interface Subject {
  name: string;
  /** What its versions begin with. */
  key: string;
  root: string;
  loop: Loop;
}

/** How long it took, if it was noticed at all. */
async function burstOnce({ key, root, loop }: Subject, ear: Ear, round: number): Promise<number[]> {
  rewriteTree(root, round);
  const runs = ear.hears(`${key}-${round}`, MISSED_MS);
  saveApp(root, `${key}-${round}`, ear.port);
  const saved = process.hrtime.bigint();
  loop.saved();
  const at = await runs;
  await sleep(REST_MS);
  return at === undefined ? [] : [Number(at - saved) / 1e6];
}

function noteOf({ counts }: Ear, key: string, rounds: number): string {
  const versions = [...counts].filter(([version]) => version.startsWith(`${key}-`));
  const starts = versions.reduce((sum, [, count]) => sum + count, 0) - 1; // the first was no burst
  const seen = versions.filter(([version]) => version !== `${key}-0`).length;
  return `started the program ${starts} times for ${rounds} bursts, and missed ${rounds - seen}`;
}

async function startSubject(settings: Settings, ear: Ear, name: string): Promise<Subject> {
  const [key, root] = [name.slice(0, 5).trim(), settings.directory("tree")];
  plantTree(root, FILES);
  saveApp(root, `${key}-0`, ear.port);
  const runs = ear.hears(`${key}-0`, 15_000);
  const loop = await LOOPS[name]!.start(root, settings.directory("state"));
  if ((await runs) === undefined) throw new Error(`${name} did not start the program`);
  return { name, key, root, loop };
}
