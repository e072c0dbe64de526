import { startGuard } from "../../../controllers/localprocess/index.ts";
import { Supervisor } from "../../../controllers/localprocess/supervisor.ts";

/** A server reduced to its processes: it runs what it is told on its command line, until it is killed. */
const [storeId, stateDirectory, guardProgram, ...scripts] = process.argv.slice(2) as [string, string, string];

const guard = startGuard({ command: [process.execPath, guardProgram], storeId });
const supervisor = new Supervisor({ storeId, stateDirectory, guard });
const stop = { signal: "SIGTERM" as const, gracePeriodSeconds: 10 };
const backoff = { initial: "500ms", max: "30s", resetAfter: "60s" };
const defaults = {
  inheritEnv: true,
  initialRun: true,
  daemon: true,
  successExitCodes: [0],
  disabled: false,
  stop,
  backoff,
};

for (const [i, script] of scripts.entries()) {
  const process = supervisor.ensure({ namespace: "default", name: `p${i}`, uid: `uid-${i}` });
  const cause = { type: "Created" as const, time: new Date().toISOString() };
  process.run({ spec: { ...defaults, argv: ["sh", "-c", script] }, root: "/", cause });
}
setInterval(() => {
  const run = scripts.every((_, i) => supervisor.get(`uid-${i}`)?.observation.state === "Running");
  if (run) console.log(`guard ${guard.pid}`);
}, 20);
