import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Settings } from "../lib/benchmark.ts";
import { Series } from "../lib/series.ts";
import type { Case } from "../lib/stats.ts";
import { cleanUp, missingEngine, plantContext, saveStamp } from "./engine.ts";
import { FLOOR, type Way, WAYS } from "./ways.ts";

const START_MS = 60_000;
const MISSED_MS = 20_000;
const LOOK_MS = 2;
/** Between saves, so that none is taken for part of the one before. */
const PAUSE_MS = 300;

export const imageSave: Benchmark = {
  name: "image-save",
  promise: "a file of an image is saved: until a container shows it, which looks each 5 ms",
  goal: "a live update at most 3 × a docker cp by hand, and 4 × faster than a build",
  measure,
};

interface Subject {
  name: string;
  context: string;
  out: string;
  way: Way;
}

async function measure(settings: Settings): Promise<Case[]> {
  const series = new Series("ms");
  const missing = missingEngine();
  if (missing !== undefined) series.note(FLOOR, missing);
  else await measureAll(settings, series);
  return [{ name: "one file", baseline: FLOOR, lines: series.lines }];
}

async function measureAll(settings: Settings, series: Series): Promise<void> {
  const subjects: Subject[] = [];
  try {
    for (const name of Object.keys(WAYS)) subjects.push(await start(settings, name));
    const rounds = settings.quick ? 6 : 25;
    for (let round = 0; round <= rounds; round++) {
      settings.tell(`round ${round} of ${rounds}`);
      for (const subject of subjects) {
        const tookMs = await saveOnce(subject, `round ${round}`);
        // The first one finds caches cold.
        if (round > 0) series.add(subject.name, [tookMs]);
        await sleep(PAUSE_MS);
      }
    }
  } finally {
    await Promise.all(subjects.map(({ way }) => way.stop()));
    cleanUp();
  }
}

async function start(settings: Settings, name: string): Promise<Subject> {
  settings.tell(`starting ${name}`);
  const [context, out] = [settings.directory("context"), settings.directory("out")];
  mkdirSync(out, { recursive: true });
  plantContext(context, `first of ${name}`);
  const way = await WAYS[name]!({ context, out, stateDir: settings.directory("state") });
  await shown(out, `first of ${name}`, START_MS);
  return { name, context, out, way };
}

async function saveOnce({ name, context, out, way }: Subject, round: string): Promise<number> {
  const stamp = `${round} of ${name}`;
  saveStamp(context, stamp);
  const begin = performance.now();
  way.saved();
  await shown(out, stamp, MISSED_MS);
  return performance.now() - begin;
}

async function shown(out: string, stamp: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (textOf(join(out, "now")) !== stamp) {
    if (performance.now() > deadline) throw new Error(`no container shows "${stamp}"`);
    await sleep(LOOK_MS);
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
