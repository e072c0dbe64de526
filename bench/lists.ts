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
const ONE = `${CONFIG_MAPS}/o-1`;

export const lists: Benchmark = {
  name: "lists",
  promise: "bytes, not objects, on the hot path: reads cost little more than sending them",
  goal: "10,000 objects of 1 kB in 30 ms, no stall of the event loop over 20 ms; get at p99 within 2 × of bare node:http",
  measure,
};

interface Subject {
  name: string;
  door: Door;
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
  for (const path of [CONFIG_MAPS, ONE]) await copy(server.socket, bare.socket, path);
  const subjects: Subject[] = [
    { name: FLOOR, door: bare.socket, probe: bare.probe },
    { name: "tiltish, socket", door: server.socket, probe: server.probe },
    { name: "tiltish, HTTPS", door: server.https, probe: server.probe },
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
  const first = await listFirst(stateDir, rounds);
  return [
    { name: "list of 10,000", baseline: FLOOR, lines: list.lines },
    { name: "longest stall meanwhile", lines: stall.lines },
    { name: "first list after a start", lines: first.lines },
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
async function listAll({ door, probe }: Pick<Subject, "door" | "probe">, times: number) {
  return withWires(door, 1, async ([wire]) => {
    await probe.watchLoop();
    const latencies: number[] = [];
    let megabytes = 0;
    for (let i = 0; i < times; i++) {
      const begin = performance.now();
      const { bytes } = await wire!.request("GET", CONFIG_MAPS);
      latencies.push(performance.now() - begin);
      megabytes += bytes / 1e6;
    }
    const stallMs = await probe.loopStallMs();
    const seconds = latencies.reduce((sum, ms) => sum + ms, 0) / 1_000;
    return { latencies, rate: megabytes / seconds, stallMs };
  });
}

/** After a start nothing has been asked for before. */
async function listFirst(stateDir: string, rounds: number): Promise<Series> {
  const series = new Series("ms");
  for (let round = 1; round <= rounds; round++) {
    const server = await startServer({ stateDir, root: stateDir, probed: true });
    const { latencies, stallMs } = await listAll({ door: server.socket, probe: server.probe }, 1);
    series.add("tiltish, socket", latencies);
    series.add("its stall", [stallMs]);
    await server.stop();
  }
  return series;
}

const getOne = ({ door }: Subject, ms: number) =>
  withWires(door, GETTERS, (wires) =>
    repeat(
      wires.map((wire) => () => wire.request("GET", ONE)),
      ms,
    ),
  );
