import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { repeat, withWires } from "./lib/load.ts";
import { CONFIG_MAPS, fill } from "./lib/objects.ts";
import type { Probe } from "./lib/probe.ts";
import { startBareServer } from "./lib/programs.ts";
import { Series } from "./lib/series.ts";
import { startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import { Wire, type Door } from "./lib/wire.ts";

const OBJECTS = 10_000;
const FLOOR = "floor: bare node:http, same bytes";
const GETTERS = 16;

export const lists: Benchmark = {
  name: "lists",
  promise: "bytes, not objects, on the hot path: reads cost little more than sending them",
  goal: "10,000 objects of 1 kB in 30 ms, no stall of the event loop over 20 ms; get at p99 within 2 × of bare node:http",
  measure,
};

interface Subject {
  name: string;
  door: Door;
  listPath: string;
  getPath: string;
  /** Of the process that answers. */
  probe: Probe;
}

async function measure(settings: Settings): Promise<Case[]> {
  const [rounds, times] = settings.quick ? [2, 5] : [5, 15];
  const bare = await startBareServer(settings.directory("bare"));
  const stateDir = settings.directory("state");
  const server = await startServer({ stateDir, root: stateDir, probed: true });
  settings.tell(`creating ${OBJECTS} objects`);
  await fill(server.socket, OBJECTS);
  const paths = { listPath: CONFIG_MAPS, getPath: `${CONFIG_MAPS}/o-1` };
  for (const path of Object.values(paths)) await copy(server.socket, bare.socket, path);
  const subjects: Subject[] = [
    { name: FLOOR, door: bare.socket, probe: bare.probe, ...paths },
    { name: "tiltish, socket", door: server.socket, probe: server.probe, ...paths },
    { name: "tiltish, HTTPS", door: server.https, probe: server.probe, ...paths },
  ];
  const [list, stall, get] = [new Series("ms", "MB/s"), new Series("ms"), new Series("ms", "/s")];
  for (let round = 0; round <= rounds; round++) {
    settings.tell(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    for (const subject of subjects) {
      const listed = await listAll(subject, times);
      const got = await getOne(subject, settings.quick ? 500 : 1_500);
      if (round === 0) continue;
      list.add(subject.name, listed.latencies, listed.rate);
      stall.add(subject.name, [listed.stallMs]);
      get.addLoad(subject.name, got);
    }
  }
  await Promise.all([server.stop(), bare.stop()]);
  return [
    { name: "list of 10,000", baseline: FLOOR, lines: list.lines },
    { name: "longest stall meanwhile", lines: stall.lines },
    { name: `get of one, ${GETTERS} clients`, baseline: FLOOR, lines: get.lines },
  ];
}

/** Has the floor answer with the very bytes of the server. */
async function copy(from: Door, to: Door, path: string): Promise<void> {
  const [source, target] = [await Wire.open(from), await Wire.open(to)];
  const { chunks } = await source.request("GET", path);
  await target.request("PUT", path, Buffer.concat(chunks).toString("utf8"));
  source.close();
  target.close();
}

/** One list after the other, and the longest time for which the server did nothing else. */
async function listAll({ door, listPath, probe }: Subject, times: number) {
  return withWires(door, 1, async ([wire]) => {
    await probe.watchLoop();
    const latencies: number[] = [];
    let megabytes = 0;
    for (let i = 0; i < times; i++) {
      const begin = performance.now();
      const { bytes } = await wire!.request("GET", listPath);
      latencies.push(performance.now() - begin);
      megabytes += bytes / 1e6;
    }
    const stallMs = await probe.loopStallMs();
    const seconds = latencies.reduce((sum, ms) => sum + ms, 0) / 1_000;
    return { latencies, rate: megabytes / seconds, stallMs };
  });
}

const getOne = ({ door, getPath }: Subject, ms: number) =>
  withWires(door, GETTERS, (wires) =>
    repeat(
      wires.map((wire) => () => wire.request("GET", getPath)),
      ms,
    ),
  );
