import { once } from "node:events";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { start } from "./lib/children.ts";
import { withWires } from "./lib/load.ts";
import { objectOf, PROCESSES, waitFor } from "./lib/objects.ts";
import { Series } from "./lib/series.ts";
import { startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import type { Door } from "./lib/wire.ts";

const COUNT = 200;
const CLIENTS = 8;
const ARGV = ["sleep", "1000"];
const FLOOR = "floor: node spawns them, no one looks after them";

export const processes: Benchmark = {
  name: "processes",
  promise:
    "200 processes are declared, and run: from the first request until the status of the last says Running",
  goal: "none set yet",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const rounds = settings.quick ? 2 : 6;
  const series = new Series("ms");
  for (let round = 1; round <= rounds; round++) {
    settings.tell(`round ${round} of ${rounds}`);
    series.add(FLOOR, [await spawnAll()]);
    const stateDir = settings.directory("state");
    const server = await startServer({ stateDir, root: stateDir });
    series.add("tiltish", [await declareAll(server.socket)]);
    await server.stop();
  }
  return [{ name: `${COUNT} processes`, baseline: FLOOR, lines: series.lines }];
}

async function spawnAll(): Promise<number> {
  const begin = performance.now();
  const children = Array.from({ length: COUNT }, () => start(ARGV));
  await Promise.all(children.map((child) => once(child, "spawn")));
  const tookMs = performance.now() - begin;
  await Promise.all(
    children.map((child) => {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      return exit;
    }),
  );
  return tookMs;
}

interface Process {
  status?: { state?: string };
}

async function declareAll(door: Door): Promise<number> {
  return withWires(door, CLIENTS, async (wires) => {
    const begin = performance.now();
    let next = 0;
    const client = async (wire: (typeof wires)[number]): Promise<void> => {
      while (next < COUNT)
        await wire.request("POST", PROCESSES, objectOf(PROCESSES, `p-${next++}`, { argv: ARGV }));
    };
    await Promise.all(wires.map(client));
    const areRunning = (items: Process[]) =>
      items.length === COUNT && items.every(({ status }) => status?.state === "Running");
    await waitFor<Process>(wires[0]!, PROCESSES, areRunning);
    return performance.now() - begin;
  });
}
