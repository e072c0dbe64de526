import { Crowd, type CrowdDoor } from "./lib/crowd.ts";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { repeat, withWires, type Load } from "./lib/load.ts";
import { configMap, CONFIG_MAPS, PROCESSES } from "./lib/objects.ts";
import { Series } from "./lib/series.ts";
import { startServer, type RunningServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import type { Door } from "./lib/wire.ts";

const READERS = 950;
const LAZY = 50;
/** Present state, so that who does not read has a full pipe at once: 8 MB. */
const [FILLERS, FILLER_BYTES] = [80, 100_000];
const WITHOUT = `${READERS} watchers that read`;
const WITH = `and ${LAZY} that never read`;

export const fairness: Benchmark = {
  name: "fairness",
  promise: "a watcher that does not read is in nobody's way: creates by one writer while 1,000 watch",
  goal: "with 50 that never read at least 0.80 of the rate without, and less than 150 MB more memory",
  measure,
};

interface Subject {
  name: string;
  /** Of the watchers. */
  door: CrowdDoor;
  /** Of the writer. */
  writer: Door;
}

async function measure(settings: Settings): Promise<Case[]> {
  const [rounds, ms] = settings.quick ? [1, 6_000] : [3, 12_000];
  const stateDir = settings.directory("state");
  const server = await startServer({ stateDir, root: stateDir, probed: true });
  await fillUp(server.socket);
  const crowd = await Crowd.start();
  const subjects: Subject[] = [
    { name: "unix socket", door: server.socket, writer: server.socket },
    { name: "HTTPS, HTTP/1.1", door: server.https, writer: server.https },
    { name: "HTTP/2, 100 on a connection", door: { ...server.https, http2: true }, writer: server.https },
  ];
  const cases: Case[] = [];
  for (const subject of subjects) {
    const [writes, work, memory] = [new Series("ms", "/s"), new Series("ms"), new Series("MB")];
    for (let round = 0; round <= rounds; round++) {
      settings.tell(`${subject.name}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`);
      for (const lazy of [0, LAZY]) {
        const seen = await watched({ server, crowd, subject, lazy, ms: round === 0 ? 2_000 : ms });
        if (round === 0) continue;
        const name = lazy === 0 ? WITHOUT : WITH;
        writes.addLoad(name, seen.load);
        work.add(name, [seen.cpuMs]);
        memory.add(name, [seen.megabytes]);
      }
    }
    cases.push(
      { name: `${subject.name}: creates`, baseline: WITHOUT, lines: writes.lines },
      { name: `${subject.name}: time of processors for each`, baseline: WITHOUT, lines: work.lines },
      { name: `${subject.name}: memory of the server`, baseline: WITHOUT, lines: memory.lines },
    );
  }
  await Promise.all([crowd.stop(), server.stop()]);
  return cases;
}

interface Round {
  server: RunningServer;
  crowd: Crowd;
  subject: Subject;
  lazy: number;
  ms: number;
}

interface Seen {
  load: Load;
  /** Of the server, for each create. */
  cpuMs: number;
  megabytes: number;
}

let written = 0;

/** What one writer gets done while all watch, and what the server takes then. */
async function watched({ server, crowd, subject, lazy, ms }: Round): Promise<Seen> {
  const { door, writer } = subject;
  const now = await revisionOf(writer);
  await crowd.open(door, `${CONFIG_MAPS}?watch=true&resourceVersion=${now}`, READERS);
  if (lazy > 0) await crowd.openLazy(door, `${CONFIG_MAPS}?watch=true`, lazy);
  const before = await server.probe.cpuMs();
  const load = await withWires(writer, 1, ([wire]) =>
    repeat([() => wire!.request("POST", CONFIG_MAPS, configMap(`f-${++written}`))], ms),
  );
  const cpuMs = (await server.probe.cpuMs()) - before;
  const megabytes = (await server.probe.residentBytes()) / 1e6;
  await crowd.close();
  return { load, cpuMs: cpuMs / load.latencies.length, megabytes };
}

const revisionOf = (door: Door): Promise<string> =>
  withWires(door, 1, async ([wire]) => {
    const list = await wire!.json<{ metadata: { resourceVersion: string } }>(`${PROCESSES}?limit=1`);
    return list.metadata.resourceVersion;
  });

const fillUp = (door: Door): Promise<void> =>
  withWires(door, 1, async ([wire]) => {
    for (let i = 0; i < FILLERS; i++) {
      await wire!.request(
        "POST",
        CONFIG_MAPS,
        configMap(`filler-${i}`, { payload: "x".repeat(FILLER_BYTES) }),
      );
    }
  });
