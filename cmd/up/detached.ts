import { fork, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { CliError, EXIT, failure } from "../cli/errors.ts";
import type { Ending } from "../host/signals.ts";
import { makeStateDir } from "../host/host.ts";
import { portOf } from "../host/options.ts";
import { aborted } from "../host/signals.ts";
import type { FoundInstance } from "../instances.ts";
import { toPrepare, type Plan } from "./plan.ts";
import { prepare, type Prepared } from "./prepare.ts";

/** What a server that is started for somebody tells, and is told. */
export type DetachedMessage =
  | { type: "answers"; instance: FoundInstance }
  | { type: "started"; instance: FoundInstance }
  | { type: "failed"; message: string; exitCode: number };

/**
 * Starts a server in a session of its own, which outlives this process and its terminal.
 *
 * It answers before it runs anything, so that what it is to run can be applied, and what an earlier `up` has left be
 * removed, first.
 */
export async function startDetached(plan: Plan, ending: Ending): Promise<Prepared> {
  const { stateDir, project, invocation } = plan;
  await makeStateDir(stateDir);
  const port = portOf(invocation.options);
  const child = forkHost(["--state-dir", stateDir, "--root", project.root, "--port", String(port)], stateDir);
  try {
    const answers = await nextMessage(child, ending);
    const prepared = await prepare(answers.instance, toPrepare(plan, false));
    child.send("go");
    const { instance } = await nextMessage(child, ending);
    return { ...prepared, instance };
  } finally {
    // A server that was not told to go ends when nobody is there any more to tell it.
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function forkHost(args: readonly string[], stateDir: string): ChildProcess {
  const file = openSync(join(stateDir, "server.log"), "a", 0o600);
  try {
    return fork(process.argv[1]!, ["__host", ...args], {
      detached: true,
      stdio: ["ignore", file, file, "ipc"],
      execArgv: [],
    });
  } finally {
    closeSync(file);
  }
}

async function nextMessage(
  child: ChildProcess,
  ending: Ending,
): Promise<Exclude<DetachedMessage, { type: "failed" }>> {
  const [message] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw failure(
        `the server has ended (code ${String(code)}) before it answered; its server.log tells why`,
      );
    }),
    aborted(ending.signal).then(() => {
      throw new CliError("not started", ending.exitCode || EXIT.interrupted);
    }),
  ])) as [DetachedMessage];
  if (message.type === "failed") throw new CliError(message.message, message.exitCode);
  return message;
}
