import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { withWires } from "./lib/load.ts";
import { configMap, CONFIG_MAPS } from "./lib/objects.ts";
import { startBareServer, Watchers } from "./lib/programs.ts";
import { Series } from "./lib/series.ts";
import { startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import type { Door, Wire } from "./lib/wire.ts";

const COUNTS = [1, 20, 100, 1_000];
const FLOOR = "floor: bare node:http, nothing stored";

export const watches: Benchmark = {
  name: "watches",
  promise: "changes are seen as they happen: from just before a write is sent until a watcher has it",
  goal: "20 watchers 1 ms at the median, 5 ms at p99; 1,000 watchers no worse than etcd in the same run",
  measure,
};

interface Subject {
  name: string;
  door: Door;
  /** Where objects are created. */
  path: string;
  /** Where only what comes from now on is watched. */
  readonly watchPath: (wire: Wire) => Promise<string>;
}

async function measure(settings: Settings): Promise<Case[]> {
  const [rounds, writes] = settings.quick ? [1, 30] : [3, 100];
  const bare = await startBareServer(settings.directory("bare"));
  const stateDir = settings.directory("state");
  const server = await startServer({ stateDir, root: stateDir });
  const watchers = await Watchers.start();
  const subjects: Subject[] = [
    { name: FLOOR, door: bare.socket, path: "/post", watchPath: () => Promise.resolve("/watch") },
    { name: "tiltish", door: server.socket, path: CONFIG_MAPS, watchPath: watchFromNow },
  ];
  const series = COUNTS.map(() => new Series("ms"));
  for (let round = 0; round <= rounds; round++) {
    settings.tell(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    for (const [index, count] of COUNTS.entries()) {
      for (const subject of subjects) {
        const latencies = await follow({ subject, watchers, count, writes });
        if (round > 0) series[index]!.add(subject.name, latencies);
      }
    }
  }
  await Promise.all([watchers.stop(), server.stop(), bare.stop()]);
  return COUNTS.map((count, index) => ({
    name: count === 1 ? "1 watcher" : `${count.toLocaleString("en-US")} watchers`,
    baseline: FLOOR,
    lines: series[index]!.lines,
  }));
}

async function watchFromNow(wire: Wire): Promise<string> {
  const list = await wire.json<{ metadata: { resourceVersion: string } }>(`${CONFIG_MAPS}?limit=1`);
  return `${CONFIG_MAPS}?watch=true&resourceVersion=${list.metadata.resourceVersion}`;
}

interface Following {
  subject: Subject;
  watchers: Watchers;
  count: number;
  writes: number;
}

let written = 0;

/** One write at a time, each once all watchers have seen the one before. */
async function follow({ subject, watchers, count, writes }: Following): Promise<number[]> {
  const { door, path, watchPath } = subject;
  return withWires(door, 1, async ([wire]) => {
    await watchers.open(door, await watchPath(wire!), count);
    const latencies: number[] = [];
    for (let i = 0; i < writes; i++) {
      await sleep(2);
      const sent = String(process.hrtime.bigint());
      const seen = watchers.seen(sent);
      await wire!.request("POST", path, configMap(`w-${++written}`, { sent }));
      for (const latency of await seen) latencies.push(latency);
    }
    await watchers.close();
    return latencies;
  });
}
