import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { Ear } from "./lib/ear.ts";
import { FLOOR, LOOPS, type Loop } from "./lib/loops.ts";
import { Series } from "./lib/series.ts";
import type { Case } from "./lib/stats.ts";
import { plantCopy, plantTree, saveApp } from "./lib/tree.ts";

const TREES = [1_000, 10_000, 100_000];
/** Who has not shown the new program by then has missed the save. */
const MISSED_MS = 5_000;
/** Until a tool has started, and its watches stand: who has to look at 100,000 files first needs a minute. */
const settleMs = (files: number): number => 5_000 + files / 2;
/** How long a tool may take to start the program for the first time. */
const START_MS = 60_000;
/** Between saves, so that none of the tools takes two of them for one. */
const PAUSE_MS = 400;

export const save: Benchmark = {
  name: "save",
  promise: "save a file: from just after the save until the new program runs its first line",
  goal: "at most 1.25 × the floor at the median, 1.6 × at p99, whatever the size of the tree",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const ear = await Ear.open();
  try {
    const cases: Case[] = [];
    for (const files of TREES) cases.push(await measureTree(settings, ear, files));
    return cases;
  } finally {
    ear.close();
  }
}

/** A tool at work in a tree of its own. */
interface Subject {
  name: string;
  root: string;
  loop: Loop;
}

async function measureTree(settings: Settings, ear: Ear, files: number): Promise<Case> {
  const rounds = settings.quick ? 6 : 25;
  const tree = settings.directory("plan");
  plantTree(tree, files);
  const series = new Series("ms");
  const subjects: Subject[] = [];
  for (const [name, tool] of Object.entries(LOOPS)) {
    const why = tool.missing?.();
    const subject = why === undefined && (await startSubject(settings, { ear, name, tree, files }));
    if (subject) subjects.push(subject);
    else series.note(name, why ?? `did not start with ${files} files`);
  }
  await sleep(settleMs(files));
  const missed = new Map<string, number>();
  for (let round = 0; round <= rounds; round++) {
    if (round % 5 === 0) settings.tell(`${files} files, round ${round} of ${rounds}`);
    for (const subject of subjects) {
      const tookMs = await saveOnce(subject, ear, `${subject.name.slice(0, 5).trim()}-${files}-${round}`);
      if (tookMs === undefined) missed.set(subject.name, (missed.get(subject.name) ?? 0) + 1);
      // The first save finds caches cold.
      if (round > 0) series.add(subject.name, tookMs === undefined ? [] : [tookMs]);
      await sleep(PAUSE_MS);
    }
  }
  for (const [name, count] of missed)
    series.note(name, `missed ${count} of ${rounds + 1} saves (${files} files)`);
  await Promise.all(subjects.map(({ loop }) => loop.stop()));
  return { name: `${files.toLocaleString("en-US")} files`, baseline: FLOOR, lines: series.lines };
}

interface Planned {
  ear: Ear;
  name: string;
  /** The files that it is to have. */
  tree: string;
  files: number;
}

/** Undefined if the tool cannot cope with so many files. */
async function startSubject(
  settings: Settings,
  { ear, name, tree, files }: Planned,
): Promise<Subject | undefined> {
  settings.tell(`${files} files: starting ${name}`);
  const root = settings.directory("tree");
  plantCopy(tree, root);
  saveApp(root, "first", ear.port);
  const runs = ear.hears("first", START_MS);
  const loop = await LOOPS[name]!.start(root, settings.directory("state"));
  if ((await runs) !== undefined) return { name, root, loop };
  await loop.stop();
  if (name === "tiltish" || name === FLOOR) throw new Error(`${name} did not start the program`);
  return undefined;
}

async function saveOnce({ root, loop }: Subject, ear: Ear, version: string): Promise<number | undefined> {
  const runs = ear.hears(version, MISSED_MS);
  saveApp(root, version, ear.port);
  const saved = process.hrtime.bigint();
  loop.saved();
  const at = await runs;
  return at === undefined ? undefined : Number(at - saved) / 1e6;
}
