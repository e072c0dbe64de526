import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { fill } from "./lib/objects.ts";
import type { Probe } from "./lib/probe.ts";
import { startBareServer, Watchers } from "./lib/programs.ts";
import { Series } from "./lib/series.ts";
import { startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import type { Door } from "./lib/wire.ts";

const FLOOR = "floor: bare node:http";
const WATCHERS = 1_000;
const SECRETS = "/api/v1/namespaces/default/secrets";

export const memory: Benchmark = {
  name: "memory",
  promise: "it does not get in the way: resident memory of the server, garbage collected",
  goal: "20 kB for each idle watcher",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const rounds = settings.quick ? 1 : 3;
  const [idle, filled, watcher] = [new Series("MB"), new Series("MB"), new Series("kB")];
  for (let round = 1; round <= rounds; round++) {
    settings.tell(`round ${round} of ${rounds}`);
    const bare = await startBareServer(settings.directory("bare"));
    idle.add(FLOOR, [await megabytesOf(bare.probe)]);
    watcher.add(FLOOR, [await perWatcher(bare.probe, bare.socket, "/watch")]);
    await bare.stop();

    const stateDir = settings.directory("state");
    const server = await startServer({ stateDir, root: stateDir, probed: true });
    idle.add("tiltish", [await megabytesOf(server.probe)]);
    watcher.add("tiltish", [await perWatcher(server.probe, server.socket, `${SECRETS}?watch=true`)]);
    await fill(server.socket, 10_000);
    filled.add("tiltish", [await megabytesOf(server.probe)]);
    await server.stop();
  }
  return [
    { name: "idle", baseline: FLOOR, lines: idle.lines },
    { name: "after 10,000 creates of 1 kB", lines: filled.lines },
    {
      name: `each of ${WATCHERS.toLocaleString("en-US")} idle watchers`,
      baseline: FLOOR,
      lines: watcher.lines,
    },
  ];
}

const megabytesOf = async (probe: Probe): Promise<number> => (await probe.residentBytes()) / 1e6;

/** Buffers and tables of the process grow with the first watchers, and count. */
async function perWatcher(probe: Probe, { socketPath, token }: Door, path: string): Promise<number> {
  const watchers = await Watchers.start();
  const before = await probe.residentBytes();
  await watchers.open({ socketPath, token }, path, WATCHERS);
  const after = await probe.residentBytes();
  await watchers.close();
  await watchers.stop();
  return (after - before) / 1_000 / WATCHERS;
}
