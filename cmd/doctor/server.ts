import { CliError } from "../cli/errors.ts";
import { sessionFor } from "../connect/session.ts";
import { runningInstance, runningInstances } from "../instances.ts";
import { fail, ok, type CheckContext, type Finding } from "./check.ts";

/** Whether the server of this project answers. That none runs is no mistake. */
export async function server({ stateDir }: CheckContext): Promise<Finding> {
  const instance = runningInstance(stateDir);
  if (!instance) {
    const others = runningInstances().length;
    return ok("server", `none runs for this project${others ? `; ${others} for others` : ""}`);
  }
  const { pid, port } = instance;
  try {
    const answer = await sessionFor(instance).transport.request("GET", "/readyz", {
      headers: { accept: "*/*" },
    });
    return ok("server", `answers (${answer.body.toString("utf8").trim()}), pid ${pid}, port ${port}`);
  } catch (error) {
    const why = error instanceof CliError || error instanceof Error ? error.message : String(error);
    return fail("server", `pid ${pid} runs, but: ${why}`, "tiltish down, then tiltish up");
  }
}
