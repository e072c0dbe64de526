import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { withWires } from "./lib/load.ts";
import { objectOf, RESOURCES, waitFor } from "./lib/objects.ts";
import { startBareServer } from "./lib/programs.ts";
import { Series } from "./lib/series.ts";
import { type RunningServer, startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";

const COUNT = 300;
const FILES_EACH = 10;
const FLOOR = "floor: bare node:http";

export const idle: Benchmark = {
  name: "idle",
  promise: `${COUNT} resources, each with a watch of ${FILES_EACH} files and a server, and nobody saves: memory and processor`,
  goal: "none set yet",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const rounds = settings.quick ? 1 : 3;
  const lookMs = settings.quick ? 15_000 : 60_000;
  const [memory, processor] = [new Series("MB"), new Series("ms")];
  for (let round = 1; round <= rounds; round++) {
    settings.tell(`round ${round} of ${rounds}`);
    const bare = await startBareServer(settings.directory("bare"));
    const root = settings.directory("root");
    const server = await startServer({ stateDir: settings.directory("state"), root, probed: true });
    await declareAll(server, root);
    await sleep(lookMs / 3); // probes and builds have had their time
    const since = await Promise.all([bare.probe.cpuMs(), server.probe.cpuMs()]);
    await sleep(lookMs);
    const perSecond = (now: number, before: number) => ((now - before) * 1000) / lookMs;
    processor.add(FLOOR, [perSecond(await bare.probe.cpuMs(), since[0])]);
    processor.add("tiltish", [perSecond(await server.probe.cpuMs(), since[1])]);
    memory.add(FLOOR, [(await bare.probe.residentBytes()) / 1e6]);
    memory.add("tiltish", [(await server.probe.residentBytes()) / 1e6]);
    await Promise.all([bare.stop(), server.stop()]);
  }
  return [
    { name: "resident memory", baseline: FLOOR, lines: memory.lines },
    { name: "processor, for each second", lines: processor.lines },
  ];
}

interface Resource {
  status?: { state?: string };
}

async function declareAll({ socket }: RunningServer, root: string): Promise<void> {
  await withWires(socket, 1, async ([wire]) => {
    for (let number = 0; number < COUNT; number++) {
      const name = `r-${number}`;
      mkdirSync(join(root, name));
      for (let file = 0; file < FILES_EACH; file++) writeFileSync(join(root, name, `f${file}.js`), "0;\n");
      const spec = { watch: { paths: [name] }, serveTemplate: { argv: ["sleep", "1000"] } };
      await wire!.request("POST", RESOURCES, objectOf(RESOURCES, name, spec));
    }
    const areServing = (items: Resource[]) => items.every(({ status }) => status?.state === "Serving");
    await waitFor<Resource>(wire!, RESOURCES, areServing);
  });
}
