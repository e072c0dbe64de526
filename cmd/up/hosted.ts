import { join } from "node:path";
import { makeStateDir, startHost } from "../host/host.ts";
import { logToFile } from "../host/log.ts";
import { portOf } from "../host/options.ts";
import type { Ending } from "../host/signals.ts";
import { toPrepare, type Plan } from "./plan.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { show } from "./show.ts";
import { closeWithProgress } from "./stopping.ts";

/** Nobody runs this project yet: we do, for as long as this command lives. @returns the exit code. */
export async function upWithHost(plan: Plan, ending: Ending): Promise<number> {
  const { stateDir, project, invocation } = plan;
  const { options } = invocation;
  await makeStateDir(stateDir);
  const since = new Date().toISOString();
  const done: { prepared?: Prepared } = {};
  const host = await startHost({
    stateDir,
    root: project.root,
    how: "up",
    port: portOf(options),
    log: logToFile(join(stateDir, "server.log"), "info"),
    // What an earlier up applied and this one does not must not run once more.
    prepare: async (instance) => void (done.prepared = await prepare(instance, toPrepare(plan, false))),
  });
  const prepared = { ...done.prepared!, instance: host.instance };
  try {
    return await show(prepared, {
      root: project.root,
      ending,
      since,
      timestamps: options.flag("timestamps"),
    });
  } finally {
    await closeWithProgress(host, prepared.session, ending);
  }
}
