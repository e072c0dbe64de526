import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { failure } from "../cli/errors.ts";
import { runningInstance, stateDirOf } from "../instances.ts";
import { isRunning, startTimeOf } from "../process-identity.ts";

const MARK = "-ci-";

/**
 * A state directory for this one run: nothing of an earlier one can bear on it. Removed when it is closed.
 *
 * @throws CliError if the project runs already, for then everything would run twice.
 */
export async function openOwnStateDir(root: string): Promise<{ path: string; close(): Promise<void> }> {
  const home = await stateDirOf(root);
  const running = runningInstance(home);
  if (running) {
    throw failure(
      `this project runs already (pid ${running.pid}), and would run twice. Stop it with tiltish down, or run beside it with --state-dir DIR`,
    );
  }
  await removeLeftovers(home);
  const path = `${home}${MARK}${process.pid}-${startTimeOf(process.pid) ?? "0"}`;
  await mkdir(path, { recursive: true, mode: 0o700 });
  return { path, close: () => rm(path, { recursive: true, force: true }) };
}

/** Of runs that were killed. */
async function removeLeftovers(home: string): Promise<void> {
  const prefix = basename(home) + MARK;
  for (const name of await readdir(dirname(home)).catch(() => [])) {
    const [pid, startTime] = name.startsWith(prefix) ? name.slice(prefix.length).split("-") : [];
    if (!pid || startTime === undefined || isRunning({ pid: Number(pid), startTime })) continue;
    await rm(join(dirname(home), name), { recursive: true, force: true });
  }
}
