import { spawnSync } from "node:child_process";
import { cgroupOf, removeCgroup } from "./os/cgroup.ts";
import { endGroups, endGuards, endOwned, findOwned } from "./os/owned.ts";
import { commandOf, hasTable, readEntry } from "./os/table.ts";
import { GUARD_GRACE_MS } from "./guard.ts";
import { Records, type ProcessRecord } from "./records.ts";

export interface SweepOptions {
  storeId: string;
  /** The state directory. */
  directory: string;
  graceMs?: number;
}

/** A process of an earlier server that was still there. */
export interface Swept {
  pid: number;
  command: string;
  /** The object whose process it was, where that is on record. */
  object?: { namespace: string; name: string; uid: string };
}

/**
 * Ends whatever an earlier server of this store has left running, and its guard, whose work this is from now on. Call
 * it before any controller or guard starts.
 */
export async function sweep({
  storeId,
  directory,
  graceMs = GUARD_GRACE_MS,
}: SweepOptions): Promise<Swept[]> {
  const records = new Records(directory);
  const recorded = records.read();
  const cgroup = records.cgroup ?? cgroupOf(storeId);
  const living = recorded.filter(isSameProcess).map(({ pid }) => pid);
  const commands = new Map<number, string>();
  const find = () => {
    const found = findOwned(storeId, living, cgroup);
    for (const { pid } of found) if (!commands.has(pid)) commands.set(pid, commandOf(pid));
    return found;
  };
  const ended = hasTable
    ? await endOwned(find, { graceMs, isLongAgo: !endGuards(storeId) })
    : await endLeaders(living, graceMs);
  for (const { uid } of recorded) records.remove(uid);
  if (cgroup !== undefined) removeCgroup(cgroup);
  return ended.map(({ pid, session }) => ({
    pid,
    command: commands.get(pid) ?? "",
    object: objectOf(recorded.find((record) => record.pid === pid || record.pid === session)),
  }));
}

/** Where there is no table, the groups are all that is known. */
async function endLeaders(pids: number[], graceMs: number): Promise<{ pid: number; session: number }[]> {
  await endGroups(pids, graceMs);
  return pids.map((pid) => ({ pid, session: pid }));
}

/** Whether the pid of a record still means the session that it was written for. */
function isSameProcess({ pid, startTicks, startTime }: ProcessRecord): boolean {
  if (!hasTable) return Math.abs(startedAt(pid) - Date.parse(startTime)) < SAME_START_MS;
  const leader = readEntry(pid);
  // A pid is not given out again while it still names a session, so a leader that is gone does no harm.
  return !leader || leader.startTicks === startTicks;
}

const SAME_START_MS = 2_000;

/** When a process started, in milliseconds since 1970, as `ps` tells it to the second; NaN if there is none. */
const startedAt = (pid: number): number =>
  Date.parse(spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? "");

const objectOf = (record: ProcessRecord | undefined): Swept["object"] =>
  record && { namespace: record.namespace, name: record.name, uid: record.uid };
