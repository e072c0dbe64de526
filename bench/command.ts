import { join } from "node:path";
import type { Benchmark, Settings } from "./lib/benchmark.ts";
import { onPath } from "./lib/machine.ts";
import { PROCESSES, localProcess } from "./lib/objects.ts";
import { Series } from "./lib/series.ts";
import { BINARY, startServer } from "./lib/server.ts";
import type { Case } from "./lib/stats.ts";
import { timed } from "./lib/timed.ts";
import { withWires } from "./lib/load.ts";

const FLOOR = "floor: node -e 0";
const OBJECTS = 5;

export const command: Benchmark = {
  name: "command",
  promise: "the command line answers at once: a new process, started and ended",
  goal: "tiltish get in 1.5 × node -e 0, and 2 × kubectl get --raw",
  measure,
};

async function measure(settings: Settings): Promise<Case[]> {
  const rounds = settings.quick ? 8 : 40;
  const stateDir = settings.directory("state");
  const server = await startServer({ stateDir, root: stateDir });
  await withWires(server.socket, 1, async ([wire]) => {
    for (let i = 0; i < OBJECTS; i++) await wire!.request("POST", PROCESSES, localProcess(`p-${i}`));
  });
  // kubectl keeps what it has learned of a server here; after the first round it does not ask again.
  const env = { ...process.env, HOME: settings.directory("home"), NO_COLOR: "1" };
  const subjects = commandsFor(stateDir);
  const series = new Series("ms");
  for (let round = 0; round <= rounds; round++) {
    for (const [name, argv] of subjects) {
      const tookMs = await timed(argv, { env, cwd: stateDir });
      if (round > 0) series.add(name, [tookMs]);
    }
  }
  await server.stop();
  return [{ name: `get lp, ${OBJECTS} objects`, baseline: FLOOR, lines: series.lines }];
}

function commandsFor(stateDir: string): [name: string, argv: string[]][] {
  const kubectl = onPath("kubectl");
  const kubeconfig = join(stateDir, "kubeconfig");
  return [
    [FLOOR, [process.execPath, "-e", "0"]],
    ["tiltish get lp", [process.execPath, BINARY, "get", "lp", "--state-dir", stateDir]],
    ...(kubectl
      ? ([
          ["kubectl get lp", [kubectl, "--kubeconfig", kubeconfig, "get", "lp"]],
          ["kubectl get --raw", [kubectl, "--kubeconfig", kubeconfig, "get", "--raw", PROCESSES]],
        ] satisfies [string, string[]][])
      : []),
  ];
}
