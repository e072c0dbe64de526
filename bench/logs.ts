import { timed } from "./lib/timed.ts";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { withWires } from "./lib/load.ts";
import { objectOf, PROCESSES, waitFor } from "./lib/objects.ts";
import { Series } from "./lib/series.ts";
import { startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import type { Door } from "./lib/wire.ts";
import { join } from "node:path";

const MEGABYTES = 100;
const LINE = "GET /api/products/4711 200 in 12 ms, cache hit, user 815, request 0123456789abcdef";
const FLOOR = "floor: a pipe into cat into a file";

export const logs: Benchmark = {
  name: "logs",
  promise: `what a process writes is kept: ${MEGABYTES} MB of lines, from its start to its end`,
  goal: "none set yet",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const rounds = settings.quick ? 2 : 8;
  const series = new Series("ms", "MB/s");
  const stateDir = settings.directory("state");
  const server = await startServer({ stateDir, root: stateDir });
  for (let round = 1; round <= rounds; round++) {
    settings.tell(`round ${round} of ${rounds}`);
    const file = join(settings.directory("file"), "log");
    add(series, FLOOR, await timed(["sh", "-c", `${SCRIPT} | cat > ${file}`]));
    add(series, "tiltish", await throughTiltish(server.socket, `flood-${round}`));
  }
  await server.stop();
  return [{ name: `${MEGABYTES} MB`, baseline: FLOOR, lines: series.lines }];
}

const SCRIPT = `yes '${LINE}' | head -c ${MEGABYTES}000000`;

const add = (series: Series, subject: string, tookMs: number): void =>
  series.add(subject, [tookMs], (MEGABYTES * 1000) / tookMs);

interface Process {
  metadata: { name: string };
  status?: { state?: string; startTime?: string; finishTime?: string };
}

/** It has ended when its log is complete. */
async function throughTiltish(door: Door, name: string): Promise<number> {
  return withWires(door, 1, async ([wire]) => {
    const begin = performance.now();
    await wire!.request("POST", PROCESSES, objectOf(PROCESSES, name, { argv: ["sh", "-c", SCRIPT] }));
    const hasEnded = (items: Process[]) =>
      items.some(({ metadata, status }) => metadata.name === name && status?.state === "Succeeded");
    await waitFor<Process>(wire!, PROCESSES, hasEnded);
    return performance.now() - begin;
  });
}
