import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { fill } from "./lib/objects.ts";
import { Series } from "./lib/series.ts";
import { startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import { timed } from "./lib/timed.ts";

const FLOOR = "floor: node -e 0";

export const startup: Benchmark = {
  name: "startup",
  promise: "a server is there when it is wanted: from its start to the first /readyz that says so",
  goal: "none set yet",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const rounds = settings.quick ? 3 : 10;
  const few = await prepared(settings, 0);
  const many = await prepared(settings, 10_000);
  const series = new Series("ms");
  for (let round = 1; round <= rounds; round++) {
    settings.tell(`round ${round} of ${rounds}`);
    series.add(FLOOR, [await timed([process.execPath, "-e", "0"])]);
    series.add("first start: makes store, token, certificate", [await readyMs(settings.directory("first"))]);
    series.add("empty store", [await readyMs(few)]);
    series.add("10,000 objects of 1 kB", [await readyMs(many)]);
  }
  return [{ name: "tiltish serve", baseline: FLOOR, lines: series.lines }];
}

/** A state directory that a server has left in good order. */
async function prepared(settings: Settings, objects: number): Promise<string> {
  const stateDir = settings.directory("state");
  const server = await startServer({ stateDir, root: stateDir });
  await fill(server.socket, objects);
  await server.stop();
  return stateDir;
}

async function readyMs(stateDir: string): Promise<number> {
  const server = await startServer({ stateDir, root: stateDir });
  await server.stop();
  return server.readyMs;
}
