import { join } from "node:path";
import { Store, type ObjectKey } from "../server/storage/index.ts";
import type { KubeObject } from "../apis/meta.ts";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { startEtcd } from "./lib/etcd.ts";
import { repeat, withWires, type Load } from "./lib/load.ts";
import { configMap, CONFIG_MAPS, localProcess, PROCESSES } from "./lib/objects.ts";
import { startBareServer } from "./lib/programs.ts";
import { Series } from "./lib/series.ts";
import { startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import type { Door } from "./lib/wire.ts";

const CLIENTS = [1, 16, 64];
const WARM_UP_MS = 300;

export const writes: Benchmark = {
  name: "writes",
  promise:
    "nothing acknowledged is lost: objects of 1 kB created per second, each answered once it is durable",
  goal: "at least 5 × kube-apiserver with etcd at each number of clients, over HTTPS as over the socket",
  measure,
};

/** Someone who takes writes; `number` makes each of them another object. */
interface Subject {
  name: string;
  readonly write: (clients: number, ms: number) => Promise<Load>;
  readonly stop: () => Promise<void>;
}

async function measure(settings: Settings): Promise<Case[]> {
  const [rounds, ms] = settings.quick ? [2, 500] : [5, 1_500];
  const series = CLIENTS.map(() => new Series("ms", "/s"));
  for (let round = 1; round <= rounds; round++) {
    settings.tell(`round ${round} of ${rounds}`);
    const subjects = await openAll(settings);
    for (const { write } of subjects) await write(8, WARM_UP_MS);
    for (const [index, clients] of CLIENTS.entries()) {
      for (const { name, write } of subjects) series[index]!.addLoad(name, await write(clients, ms));
    }
    for (const { stop } of subjects) await stop();
  }
  return CLIENTS.map((clients, index) => ({
    name: clients === 1 ? "1 client" : `${clients} clients`,
    baseline: "floor: the store, in-process",
    lines: series[index]!.lines,
  }));
}

/** New ones for each round, so that a store does not grow from round to round. */
async function openAll(settings: Settings): Promise<Subject[]> {
  const store = await openStore(settings.directory("store"));
  const bare = await startBareServer(settings.directory("bare"));
  const stateDir = settings.directory("state");
  const server = await startServer({ stateDir, root: stateDir });
  const etcd = await startEtcd(settings.directory("etcd"));
  const { socket, https } = server;
  return [
    store,
    { ...over("floor: bare node:http, nothing stored", bare.socket, MAPS), stop: () => bare.stop() },
    { ...over("tiltish, ConfigMap, socket", socket, MAPS), stop: () => server.stop() },
    over("tiltish, ConfigMap, HTTPS", https, MAPS),
    over("tiltish, disabled LocalProcess, socket", socket, [PROCESSES, localProcess]),
    ...(etcd ? [{ name: "etcd alone, put", ...etcd }] : []),
  ];
}

/** Whoever opened the door closes it. */
const over = (name: string, door: Door, [path, body]: Collection): Subject => ({
  name,
  write: (clients, ms) => post({ door, path, body, clients, ms }),
  stop: () => Promise.resolve(),
});

type Collection = readonly [path: string, body: (name: string) => string];
const MAPS: Collection = [CONFIG_MAPS, configMap];

let written = 0;

interface Posting {
  door: Door;
  path: string;
  readonly body: (name: string) => string;
  clients: number;
  ms: number;
}

const post = ({ door, path, body, clients, ms }: Posting): Promise<Load> =>
  withWires(door, clients, (wires) =>
    repeat(
      wires.map((wire) => () => wire.request("POST", path, body(`w-${++written}`))),
      ms,
    ),
  );

/** The store alone: what durability costs without HTTP, admission and another process. */
async function openStore(directory: string): Promise<Subject> {
  const store = await Store.open({
    directory: join(directory, "store"),
    onFatal(error) {
      throw error;
    },
  });
  const write = () => {
    const name = `w-${++written}`;
    const key: ObjectKey = { group: "", plural: "configmaps", namespace: "default", name };
    const object = JSON.parse(configMap(name)) as KubeObject;
    return store.write(key, () => ({ put: object }));
  };
  return {
    name: "floor: the store, in-process",
    write: (clients, ms) =>
      repeat(
        Array.from({ length: clients }, () => write),
        ms,
      ),
    stop: () => store.close(),
  };
}
