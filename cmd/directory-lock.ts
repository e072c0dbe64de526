import { randomBytes } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CliError, failure } from "./cli/errors.ts";
import { isRunning, type ProcessIdentity, startTimeOf } from "./process-identity.ts";

const NAME = "in-use.json";

/**
 * Makes this process the only one that uses a directory; what a process that was killed has left does not count.
 *
 * @param flag - The option that names the directory.
 * @returns what lets go of it.
 * @throws CliError that names the process that has it.
 */
export async function lockDirectory(directory: string, flag: string): Promise<() => Promise<void>> {
  const lock = join(directory, NAME);
  const draft = `${lock}.${randomBytes(6).toString("hex")}`;
  // Linked into its place, so that nobody ever reads half of it.
  try {
    await writeFile(draft, JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }));
    const owner = await ownerOf(lock);
    if (owner && isRunning(owner)) throw inUse(directory, flag, owner);
    await rm(lock, { force: true });
    await link(draft, lock);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === "EEXIST"
      ? inUse(directory, flag, await ownerOf(lock))
      : failure(`${flag} ${directory}: ${message}`);
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(lock, { force: true });
}

async function ownerOf(lock: string): Promise<ProcessIdentity | undefined> {
  try {
    const { pid, startTime } = JSON.parse(await readFile(lock, "utf8")) as Partial<ProcessIdentity>;
    return pid === undefined || startTime === undefined ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

const inUse = (directory: string, flag: string, owner?: ProcessIdentity): Error =>
  failure(
    `${flag} ${directory} is in use${owner ? ` by process ${owner.pid}` : ""}: end that first, or name another directory`,
  );
