import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { withWires } from "./lib/load.ts";
import { objectOf, waitFor, WATCHES } from "./lib/objects.ts";
import { Series } from "./lib/series.ts";
import { startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import { plantTree } from "./lib/tree.ts";

const TREES = [1_000, 10_000, 100_000];
const FLOOR = "floor: node lists the directories";
const SUBJECT = "tiltish";

export const trees: Benchmark = {
  name: "trees",
  promise: "a FileWatch is created: until it says that it watches, and what it takes in memory",
  goal: "300 ms and 30 MB for 100,000 files",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const cases: Case[] = [];
  for (const files of TREES) cases.push(...(await measureTree(settings, files)));
  return cases;
}

async function measureTree(settings: Settings, files: number): Promise<Case[]> {
  const rounds = settings.quick ? 2 : 6;
  const [start, memory] = [new Series("ms"), new Series("MB")];
  const root = settings.directory("tree");
  plantTree(root, files);
  for (let round = 1; round <= rounds; round++) {
    settings.tell(`${files} files, round ${round} of ${rounds}`);
    start.add(FLOOR, [listMs(root)]);
    const { startMs, megabytes } = await watchOnce(settings, root);
    start.add(SUBJECT, [startMs]);
    memory.add(SUBJECT, [megabytes]);
  }
  const name = `${files.toLocaleString("en-US")} files`;
  return [
    { name: `${name}: until it watches`, baseline: FLOOR, lines: start.lines },
    { name: `${name}: memory`, lines: memory.lines },
  ];
}

function listMs(root: string): number {
  const begin = performance.now();
  for (const directory of readdirSync(join(root, "src")))
    readdirSync(join(root, "src", directory), { withFileTypes: true });
  return performance.now() - begin;
}

interface Watch {
  status?: { watchedPaths?: number; conditions?: { type: string; status: string }[] };
}

async function watchOnce(settings: Settings, root: string): Promise<{ startMs: number; megabytes: number }> {
  const server = await startServer({ stateDir: settings.directory("state"), root, probed: true });
  const before = await server.probe.residentBytes();
  const startMs = await withWires(server.socket, 1, async ([wire]) => {
    const begin = performance.now();
    await wire!.request("POST", WATCHES, objectOf(WATCHES, "all", { paths: ["."] }));
    const watches = ([watch]: Watch[]) =>
      watch?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
    await waitFor<Watch>(wire!, WATCHES, watches);
    return performance.now() - begin;
  });
  // Files are looked at in the background; twenty seconds are enough for 100,000.
  await new Promise((resolve) => setTimeout(resolve, settings.quick ? 5_000 : 20_000));
  const megabytes = ((await server.probe.residentBytes()) - before) / 1e6;
  await server.stop();
  return { startMs, megabytes };
}
