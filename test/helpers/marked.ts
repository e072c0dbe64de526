import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** A process that some server has started, and still runs. */
export interface Marked {
  pid: number;
  /** Its program and arguments. */
  command: string;
}

/** Processes that carry the mark of the store in this state directory, from /proc. */
export async function markedProcesses(stateDirectory: string): Promise<Marked[]> {
  const storeId = (await readFile(path.join(stateDirectory, "store/store.id"), "utf8")).trim();
  return processesWith(`TILTISH_OWNER=${storeId}`);
}

/** All processes that have this in their environment. */
export async function processesWith(mark: string): Promise<Marked[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => look(Number(pid), mark)));
  return found.filter((one) => one !== undefined);
}

async function look(pid: number, mark: string): Promise<Marked | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  if (!environment.includes(mark)) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return { pid, command: command.split("\0").join(" ").trim() };
}
