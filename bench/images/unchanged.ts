import type { Benchmark, Settings } from "../lib/benchmark.ts";
import { withWires } from "../lib/load.ts";
import { DOCKER_IMAGES, waitFor } from "../lib/objects.ts";
import { Series } from "../lib/series.ts";
import { startServer } from "../lib/server.ts";
import type { Case } from "../lib/stats.ts";
import type { Wire } from "../lib/wire.ts";
import { cleanUp, missingEngine, mustDocker, plantContext, PREFIX } from "./engine.ts";

const IMAGES = 50;
const FLOOR = "docker build, all cached, one after the other";
const TILTISH = "tiltish: is each as it should be?";

export const imageUnchanged: Benchmark = {
  name: "image-unchanged",
  promise: `${IMAGES} images that are up to date are looked at again, and nothing is built`,
  goal: "at most 0.25 × what docker takes to find the same out",
  measure,
};

interface Image {
  metadata: { generation: number };
  status?: { observedGeneration?: number; state?: string; run?: number };
}

async function measure(settings: Settings): Promise<Case[]> {
  const series = new Series("ms");
  const missing = missingEngine();
  if (missing !== undefined) series.note(FLOOR, missing);
  else await measureAll(settings, series).finally(cleanUp);
  return [{ name: `${IMAGES} images`, baseline: FLOOR, lines: series.lines }];
}

const names = Array.from({ length: IMAGES }, (_, n) => `${PREFIX}-${n}`);

async function measureAll(settings: Settings, series: Series): Promise<void> {
  const root = settings.directory("root");
  for (const name of names) plantContext(`${root}/${name}`, name);
  const server = await startServer({ stateDir: settings.directory("state"), root });
  // While docker works, nobody reads: a connection would not live that long.
  const ask = (work: (wire: Wire) => Promise<unknown>) =>
    withWires(server.socket, 1, ([wire]) => work(wire!));
  try {
    settings.tell(`building ${IMAGES} images`);
    await ask(createAll);
    for (const name of names) build(root, name);
    const rounds = settings.quick ? 3 : 10;
    for (let round = 1; round <= rounds; round++) {
      settings.tell(`round ${round} of ${rounds}`);
      series.add(FLOOR, [await timed(() => names.forEach((name) => build(root, name)))]);
      series.add(TILTISH, [await timed(() => ask((wire) => lookAgain(wire, round)))]);
    }
  } finally {
    await server.stop();
  }
}

const build = (root: string, name: string): string =>
  mustDocker(["build", "--quiet", "--network", "none", "--tag", `${name}:hand`, `${root}/${name}`]);

async function timed(work: () => unknown): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function createAll(wire: Wire): Promise<void> {
  for (const name of names) await create(wire, name);
  await settled(wire);
}

const create = (wire: Wire, name: string) =>
  wire.request(
    "POST",
    DOCKER_IMAGES,
    JSON.stringify({
      apiVersion: "tiltish.dev/v1alpha1",
      kind: "DockerImage",
      metadata: { name },
      spec: { refs: { config: name }, context: name, network: "none" },
    }),
  );

/** A change of what says nothing of what is in them. */
async function lookAgain(wire: Wire, round: number): Promise<void> {
  const spec = { restartOn: { fileWatches: [`nobody-${round}`] } };
  for (const name of names) await wire.request("PATCH", `${DOCKER_IMAGES}/${name}`, JSON.stringify({ spec }));
  const images = await settled(wire);
  const again = images.find(({ status }) => status?.run !== 1);
  if (again) throw new Error("an image was built again, though nothing had changed");
}

const settled = (wire: Wire): Promise<Image[]> =>
  waitFor<Image>(wire, DOCKER_IMAGES, (images) =>
    images.every(
      ({ metadata, status }) =>
        status?.state === "Built" && status.observedGeneration === metadata.generation,
    ),
  );
