import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Settings } from "../lib/benchmark.ts";
import { withWires } from "../lib/load.ts";
import { CLUSTER_RESOURCES, CONFIG_MAPS, configMap, waitFor } from "../lib/objects.ts";
import { Series } from "../lib/series.ts";
import type { Case } from "../lib/stats.ts";
import type { Wire } from "../lib/wire.ts";
import { isKept, type Kept, missingKubectl, PEER, resourceOf, type Rig, startRig } from "./cluster.ts";

const FLOOR = "floor: one PATCH, by hand";
const TILTISH = "tiltish";
const KUBECTL = "kubectl apply, by hand";
const MISSED_MS = 20_000;
const LOOK_MS = 1;
/** Between saves, so that none is taken for part of the one before. */
const PAUSE_MS = 200;

export const clusterSave: Benchmark = {
  name: "cluster-save",
  promise: "a YAML file is saved: until the cluster has what it says",
  goal: "at most 0.5 × a kubectl apply by hand",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const series = new Series("ms");
  const missing = missingKubectl();
  if (missing !== undefined) series.note(FLOOR, missing);
  else await measureAll(settings, series);
  return [{ name: "one object", baseline: FLOOR, lines: series.lines }];
}

/** How what is saved in `file` comes to be the ConfigMap at `path`. */
interface Way {
  readonly path: string;
  readonly file: string;
  /** Called right after a save, with a connection to the cluster; who watches needs not to be told. */
  saved?: (stamp: string, wire: Wire) => Promise<unknown>;
}

async function measureAll(settings: Settings, series: Series): Promise<void> {
  const rig = await startRig(settings);
  try {
    const ways = await startWays(rig);
    const rounds = settings.quick ? 8 : 40;
    for (let round = 0; round <= rounds; round++) {
      settings.tell(`round ${round} of ${rounds}`);
      for (const [name, way] of Object.entries(ways)) {
        const tookMs = await withWires(rig.cluster.socket, 2, ([look, write]) =>
          saveOnce(way, { look: look!, write: write! }, `round ${round} of ${name}`),
        );
        // The first one finds caches cold.
        if (round > 0) series.add(name, [tookMs]);
        await sleep(PAUSE_MS);
      }
    }
  } finally {
    await rig.stop();
  }
}

async function startWays(rig: Rig): Promise<Record<string, Way>> {
  const fileOf = (name: string): string => {
    mkdirSync(join(rig.root, name));
    const file = join(rig.root, name, "map.yaml");
    writeFileSync(file, textOf(name, "first"));
    return file;
  };
  const files = { floor: fileOf("floor"), tiltish: fileOf("tiltish"), kubectl: fileOf("kubectl") };
  await withWires(rig.tiltish.socket, 1, async ([wire]) => {
    await wire!.request("POST", CLUSTER_RESOURCES, resourceOf("tiltish", join(rig.root, "tiltish"), rig));
    await waitFor<Kept>(wire!, CLUSTER_RESOURCES, (resources) => resources.every(isKept));
  });
  await withWires(rig.cluster.socket, 1, ([wire]) =>
    wire!.request("POST", CONFIG_MAPS, textOf("floor", "first")),
  );
  const peer = CONFIG_MAPS.replace("/default/", `/${PEER}/`);
  await rig.kubectl("apply", "-f", files.kubectl);
  return {
    [FLOOR]: {
      path: `${CONFIG_MAPS}/floor`,
      file: files.floor,
      saved: (stamp, wire) =>
        wire.request("PATCH", `${CONFIG_MAPS}/floor`, JSON.stringify({ data: { stamp } })),
    },
    [TILTISH]: { path: `${CONFIG_MAPS}/tiltish`, file: files.tiltish },
    [KUBECTL]: {
      path: `${peer}/kubectl`,
      file: files.kubectl,
      saved: () => rig.kubectl("apply", "-f", files.kubectl),
    },
  };
}

const textOf = (name: string, stamp: string): string => configMap(name, { stamp });

async function saveOnce(
  { path, file, saved }: Way,
  { look, write }: { look: Wire; write: Wire },
  stamp: string,
): Promise<number> {
  const name = path.split("/").at(-1)!;
  const begin = performance.now();
  writeFileSync(file, textOf(name, stamp));
  const done = saved?.(stamp, write);
  while ((await look.json<{ data?: { stamp?: string } }>(path)).data?.stamp !== stamp) {
    if (performance.now() - begin > MISSED_MS) throw new Error(`the cluster does not have "${stamp}"`);
    await sleep(LOOK_MS);
  }
  const tookMs = performance.now() - begin;
  await done;
  return tookMs;
}
