import { randomFillSync } from "node:crypto";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark, Settings } from "../lib/benchmark.ts";
import { Series } from "../lib/series.ts";
import type { Case } from "../lib/stats.ts";
import { CfRig } from "./rig.ts";
import { missingHere, startSubjects, type Subject, TILTISH } from "./subjects.ts";
import { plantApp, saveLine, saveLines } from "./tree.ts";

const FILES = 10_000;
const MANY = 300;
const LARGE = "large.bin";
const LARGE_BYTES = 100 * 1024 ** 2;
const ROUND_TRIP_MS = 1;

/** What is changed, and the paths of that. */
const CHANGES: Record<string, (root: string, round: number) => string[]> = {
  "one line": (root, round) => [saveLine(root, round, round)],
  [`a line of each of ${MANY} files`]: (root, round) => saveLines(root, MANY, round),
  "1 byte of 100 MiB": (root, round) => changeByte(root, round),
};

export const cfBytes: Benchmark = {
  name: "cf-bytes",
  promise: "bytes on the wire for what was saved, both ways, with all that ssh adds; and how long that takes",
  goal: "1 byte of 100 MiB in 1.5 s and 1 MiB",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const root = settings.directory("app");
  plantApp(root, FILES);
  writeFileSync(join(root, LARGE), randomFillSync(Buffer.alloc(LARGE_BYTES)));
  const rig = await CfRig.start(settings);
  rig.sandbox.latencyMs = ROUND_TRIP_MS;
  try {
    const subjects = await startSubjects(settings, rig, root);
    const cases: Case[] = [];
    for (const [name, change] of Object.entries(CHANGES))
      cases.push(...(await measureChange(settings, { rig, root, subjects, name, change })));
    for (const { way } of subjects) await way.close();
    return cases;
  } finally {
    await rig.close();
  }
}

interface Change {
  rig: CfRig;
  root: string;
  subjects: readonly Subject[];
  name: string;
  change: (root: string, round: number) => string[];
}

async function measureChange(
  settings: Settings,
  { rig, root, subjects, name, change }: Change,
): Promise<Case[]> {
  const rounds = settings.quick ? 2 : 5;
  const [bytes, times] = [new Series("kB"), new Series("ms")];
  for (let round = 0; round <= rounds; round++) {
    settings.tell(`${name}, round ${round} of ${rounds}`);
    const paths = change(root, round);
    for (const { name, way } of subjects) {
      const [before, begin] = [rig.bytes, performance.now()];
      await way.sync(paths);
      // The first one finds times that differ, and caches cold.
      if (round === 0) continue;
      times.add(name, [performance.now() - begin]);
      bytes.add(name, [(rig.bytes - before) / 1000]);
    }
  }
  for (const missing of missingHere()) bytes.note(missing, "there is no rsync here");
  return [
    { name: `${name}: bytes`, baseline: TILTISH, lines: bytes.lines },
    { name: `${name}: time`, baseline: TILTISH, lines: times.lines },
  ];
}

function changeByte(root: string, round: number): string[] {
  const file = openSync(join(root, LARGE), "r+");
  writeSync(file, Buffer.of(round), 0, 1, LARGE_BYTES / 2 + round);
  closeSync(file);
  return [LARGE];
}
