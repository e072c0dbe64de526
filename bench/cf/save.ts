import type { Benchmark, Settings } from "../lib/benchmark.ts";
import { Series } from "../lib/series.ts";
import type { Case } from "../lib/stats.ts";
import { CfRig } from "./rig.ts";
import { missingHere, startSubjects, type Subject, TILTISH } from "./subjects.ts";
import { plantApp, saveLine } from "./tree.ts";

const FILES = 10_000;
const ROUND_TRIPS_MS = [1, 40, 100];

export const cfSave: Benchmark = {
  name: "cf-save",
  promise:
    "a line of a Cloud Foundry app of 10,000 files and 76 MB is saved: until the app, which needs 50 ms to start, listens with it; the others, until the file is there",
  goal: "150 ms with round trips of 1 ms, 250 ms with 40 ms, 350 ms with 100 ms",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const root = settings.directory("app");
  plantApp(root, FILES);
  const rig = await CfRig.start(settings);
  try {
    const subjects = await startSubjects(settings, rig, root);
    const cases: Case[] = [];
    for (const roundTripMs of ROUND_TRIPS_MS)
      cases.push(await measureAt(settings, { rig, root, subjects, roundTripMs }));
    for (const { way } of subjects) await way.close();
    return cases;
  } finally {
    await rig.close();
  }
}

interface At {
  rig: CfRig;
  root: string;
  subjects: readonly Subject[];
  roundTripMs: number;
}

async function measureAt(settings: Settings, { rig, root, subjects, roundTripMs }: At): Promise<Case> {
  const rounds = settings.quick ? 4 : 15;
  const series = new Series("ms");
  rig.sandbox.latencyMs = roundTripMs;
  for (let round = 0; round <= rounds; round++) {
    settings.tell(`round trips of ${roundTripMs} ms, round ${round} of ${rounds}`);
    const path = saveLine(root, (round * 97) % FILES, round);
    for (const { name, way } of subjects) {
      const begin = performance.now();
      await way.sync([path]);
      // The first one finds times that differ, and caches cold.
      if (round > 0) series.add(name, [performance.now() - begin]);
    }
  }
  for (const name of missingHere()) series.note(name, "there is no rsync here");
  return { name: `round trips of ${roundTripMs} ms`, baseline: TILTISH, lines: series.lines };
}
