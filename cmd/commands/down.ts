import { CliError, EXIT, failure, timedOut } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { findOwnInstance } from "../connect/find.ts";
import { sessionFor } from "../connect/session.ts";
import { runningInstances, type FoundInstance } from "../instances.ts";
import { isRunning } from "../process-identity.ts";
import { waitUntilGone } from "../resources/delete.ts";
import { qualifiedName } from "../resources/types.ts";
import { appliedByUp, deleteAll } from "../up/prune.ts";
import { tilde } from "../up/block.ts";

const DEFAULT_TIMEOUT_MS = 60_000;
const LOOK_AGAIN_MS = 50;

/** `tiltish down`: deletes what `up` applied, then ends the server of this project. */
export async function run({ options }: Invocation): Promise<number> {
  const timeoutMs = options.durationMs("timeout") ?? DEFAULT_TIMEOUT_MS;
  if (options.flag("all")) return downAll(timeoutMs);
  await downOne(findOwnInstance(options), timeoutMs);
  return EXIT.ok;
}

/** Every session of this machine; one that does not want to end keeps no other from it. */
async function downAll(timeoutMs: number): Promise<number> {
  const instances = runningInstances();
  if (instances.length === 0) say("no session runs");
  const ends = await Promise.allSettled(instances.map((instance) => downOne(instance, timeoutMs)));
  const failures = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as Error] : []));
  for (const { message } of failures) say(message);
  return failures.length ? EXIT.failed : EXIT.ok;
}

async function downOne(instance: FoundInstance, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  // One that is about to end anyway, or cannot answer, is ended all the same.
  await deleteApplied(instance, deadlineMs).catch((error: unknown) => {
    if (error instanceof CliError) throw error;
    say(`what up applied stays, as the server does not answer: ${(error as Error).message}`);
  });
  await endServer(instance, deadlineMs);
  outLine(`server of ${tilde(instance.root)} stopped`);
}

async function deleteApplied(instance: FoundInstance, deadlineMs: number): Promise<void> {
  const session = sessionFor(instance);
  const targets = await appliedByUp(session);
  await deleteAll(session, targets);
  const signal = AbortSignal.timeout(Math.max(1, deadlineMs - Date.now()));
  for (const target of targets) {
    const name = qualifiedName(target.type, target.object.metadata.name);
    const reason = await waitUntilGone(session, target, signal);
    if (reason !== undefined) throw timedOut(`${name} is still there: ${reason}`);
    outLine(`${name} deleted`);
  }
}

/** Its own ordered end: processes first. The pid is only signalled as long as it is still that process. */
async function endServer(instance: FoundInstance, deadlineMs: number): Promise<void> {
  if (!isRunning(instance)) return;
  try {
    process.kill(instance.pid, "SIGTERM");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ESRCH") return;
    throw failure(`cannot end the server (pid ${instance.pid}): ${(cause as Error).message}`);
  }
  while (isRunning(instance)) {
    if (Date.now() > deadlineMs) throw timedOut(`the server (pid ${instance.pid}) is still stopping`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
