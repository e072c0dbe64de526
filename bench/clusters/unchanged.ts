import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Benchmark, Settings } from "../lib/benchmark.ts";
import { withWires } from "../lib/load.ts";
import { CLUSTER_RESOURCES, CONFIG_MAPS, configMap, waitFor } from "../lib/objects.ts";
import { Series } from "../lib/series.ts";
import type { Case } from "../lib/stats.ts";
import type { Wire } from "../lib/wire.ts";
import { isKept, type Kept, missingKubectl, resourceOf, type Rig, startRig } from "./cluster.ts";

const RESOURCES = 20;
const OBJECTS = 5;
const FLOOR = "kubectl apply, all in one";
const ONE_BY_ONE = "kubectl apply, one after the other";
const TILTISH = "tiltish: is each as it should be?";

export const clusterUnchanged: Benchmark = {
  name: "cluster-unchanged",
  promise: `${RESOURCES} K8sResources of ${OBJECTS} objects each are looked at again, and nothing is applied`,
  goal: "at most 0.25 × what kubectl takes to find the same out",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const series = new Series("ms");
  const missing = missingKubectl();
  if (missing !== undefined) series.note(FLOOR, missing);
  else await measureAll(settings, series);
  return [{ name: `${RESOURCES} × ${OBJECTS} objects`, baseline: FLOOR, lines: series.lines }];
}

const names = Array.from({ length: RESOURCES }, (_, n) => `app-${n}`);

async function measureAll(settings: Settings, series: Series): Promise<void> {
  const rig = await startRig(settings);
  // While kubectl works, nobody reads: a connection would not live that long.
  const ask = (work: (wire: Wire) => Promise<unknown>) =>
    withWires(rig.tiltish.socket, 1, ([wire]) => work(wire!));
  const apply = (directory: string) => rig.kubectl("apply", "-R", "-f", directory);
  const all = join(rig.root, "apps");
  try {
    for (const name of names) plant(join(all, name), name);
    await ask((wire) => createAll(wire, rig, all));
    await apply(all);
    const before = await versions(rig);
    const rounds = settings.quick ? 4 : 15;
    for (let round = 1; round <= rounds; round++) {
      settings.tell(`round ${round} of ${rounds}`);
      series.add(FLOOR, [await timed(() => apply(all))]);
      series.add(ONE_BY_ONE, [await timed(() => oneByOne(all, apply))]);
      series.add(TILTISH, [await timed(() => ask((wire) => lookAgain(wire, round)))]);
    }
    if ((await versions(rig)) !== before)
      throw new Error("something was applied, though nothing had changed");
  } finally {
    await rig.stop();
  }
}

function plant(directory: string, name: string): void {
  mkdirSync(directory, { recursive: true });
  for (let n = 0; n < OBJECTS; n++)
    writeFileSync(join(directory, `${n}.yaml`), `---\n${configMap(`${name}-${n}`)}\n`);
}

async function createAll(wire: Wire, rig: Rig, all: string): Promise<void> {
  for (const name of names)
    await wire.request("POST", CLUSTER_RESOURCES, resourceOf(name, join(all, name), rig));
  await settled(wire);
}

async function oneByOne(all: string, apply: (directory: string) => Promise<void>): Promise<void> {
  for (const name of names) await apply(join(all, name));
}

/** A change of what says nothing of what is in the cluster. */
async function lookAgain(wire: Wire, round: number): Promise<void> {
  const spec = { displayName: `round ${round}` };
  for (const name of names)
    await wire.request("PATCH", `${CLUSTER_RESOURCES}/${name}`, JSON.stringify({ spec }));
  await settled(wire);
}

const settled = (wire: Wire): Promise<Kept[]> =>
  waitFor<Kept>(wire, CLUSTER_RESOURCES, (resources) => resources.every(isKept));

/** Versions of all that tiltish has applied. */
const versions = (rig: Rig): Promise<string> =>
  withWires(rig.cluster.socket, 1, async ([wire]) => {
    const { items } = await wire!.json<{ items: { metadata: { resourceVersion: string } }[] }>(CONFIG_MAPS);
    return items.map(({ metadata }) => metadata.resourceVersion).join();
  });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
