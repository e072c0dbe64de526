import { endOwned, findOwned } from "./os/owned.ts";
import { commandOf, readEntry, readTable, type ProcessEntry } from "./os/table.ts";
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

/** Ends whatever an earlier server of this store has left running. Call it before any controller starts. */
export async function sweep({
  storeId,
  directory,
  graceMs = GUARD_GRACE_MS,
}: SweepOptions): Promise<Swept[]> {
  const records = new Records(directory);
  const recorded = records.read();
  const commands = new Map<number, string>();
  const find = () => {
    const found = distinct([...findOwned(storeId), ...recorded.flatMap(sessionOf)]);
    for (const { pid } of found) if (!commands.has(pid)) commands.set(pid, commandOf(pid));
    return found;
  };
  const ended = await endOwned(find, graceMs);
  for (const { uid } of recorded) records.remove(uid);
  return ended.map(({ pid, session }) => ({
    pid,
    command: commands.get(pid) ?? "",
    object: objectOf(recorded.find((record) => record.pid === pid || record.pid === session)),
  }));
}

/** The recorded process and its session; nobody, if the pid has come to mean another process. */
function sessionOf({ pid, startTicks }: ProcessRecord): ProcessEntry[] {
  const leader = readEntry(pid);
  if (leader && leader.startTicks !== startTicks) return [];
  // A pid is not given out again while it still names a session.
  return readTable().filter((entry) => entry.session === pid && entry.startTicks >= startTicks);
}

const distinct = (entries: ProcessEntry[]): ProcessEntry[] => [
  ...new Map(entries.map((entry) => [entry.pid, entry])).values(),
];

const objectOf = (record: ProcessRecord | undefined): Swept["object"] =>
  record && { namespace: record.namespace, name: record.name, uid: record.uid };
