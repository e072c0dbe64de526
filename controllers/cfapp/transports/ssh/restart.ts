import type { Outcome, RestartPolicy } from "../transport.ts";
import type { SshConnection } from "./connection.ts";
import { run } from "./run.ts";
import { quote } from "./shell.ts";

const MAX_OUTPUT = 2_000;

/** What becomes of the process of an app when there is no agent to ask its supervisor. */
export async function restartOver(connection: SshConnection, policy: RestartPolicy): Promise<Outcome> {
  if (policy.mode === "None") return { result: "ok" };
  if (policy.mode === "Supervisor") return { result: "unsupervised" };
  const { code, stdout, stderr } = await run(connection, `exec ${policy.command.map(quote).join(" ")}`);
  const output = `${stdout.toString("utf8")}${stderr}`.slice(-MAX_OUTPUT);
  return code === 0 ? { result: "ok" } : { result: "crashed", exit: String(code ?? "a signal"), output };
}
