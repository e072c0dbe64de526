import { cgroupOf, pidsBelow } from "./cgroup.ts";
import { GUARD_VARIABLE, markOfStore } from "./mark.ts";
import { signalEntry, signalPid } from "./signal.ts";
import { hasVariable, readEntry, readTable, type ProcessEntry } from "./table.ts";

// The guard runs this, with next to nothing else in memory: keep its imports few.

/**
 * Every process that carries the mark of a store, and whoever is in a session that one of these leads.
 *
 * @param sessions - More sessions, by the pid of their leader, who may be gone or have lost the mark.
 * @param cgroup - Where the control groups of the store are; by default where those of this process would be.
 */
export function findOwned(
  storeId: string,
  sessions: Iterable<number> = [],
  cgroup = cgroupOf(storeId),
): ProcessEntry[] {
  const mark = markOfStore(storeId);
  const table = readTable();
  const spared = ancestry(process.pid);
  const marked = table.filter(({ pid }) => !spared.has(pid) && hasVariable(pid, mark, { whole: false }));
  const led = new Set([...sessions, ...marked.filter(isLeader).map(({ pid }) => pid)]);
  const others = table.filter(({ pid, session }) => led.has(session) && !spared.has(pid));
  const inside = new Set(cgroup === undefined ? [] : pidsBelow(cgroup));
  const enclosed = table.filter(({ pid }) => inside.has(pid) && !spared.has(pid));
  return [...new Set([...marked, ...others, ...enclosed])];
}

/**
 * Ends the guards of earlier servers of a store. One that comes late, on a busy machine, would take the processes of
 * the next server for what it has to end.
 *
 * @returns Whether there was one, so that what it was to end may still be there.
 */
export function endGuards(storeId: string): boolean {
  const mark = `${GUARD_VARIABLE}=${storeId}`;
  const guards = readTable().filter(({ pid }) => hasVariable(pid, mark, { whole: true }));
  for (const guard of guards) signalEntry(guard, "SIGKILL"); // it listens to nothing else
  return guards.length > 0;
}

const isLeader = ({ pid, session }: ProcessEntry): boolean => pid === session;

/** Ourselves and those who started us: a terminal that we run may well be where our next server is started from. */
function ancestry(pid: number): Set<number> {
  const pids = new Set<number>();
  for (let at: number | undefined = pid; at && !pids.has(at); at = readEntry(at)?.parent) pids.add(at);
  return pids;
}

/** Between a fork and its exec a child has the environment of the server, without a mark. So look again. */
const LOOKS_WITHOUT_FINDING = 2;
const LOOK_MS = 25;
/** Then whatever is left cannot be killed, and nobody is helped by trying on. */
const STUCK_AFTER_MS = 10_000;

interface HowToEnd {
  graceMs: number;
  /** Do not look a second time when there is nothing to begin with: the server has been dead for long. */
  isLongAgo?: boolean;
}

/**
 * Ends all that `find` finds: TERM, after the grace KILL, until it finds nothing.
 *
 * @returns Everyone who was found.
 */
export async function endOwned(
  find: () => ProcessEntry[],
  { graceMs, isLongAgo = false }: HowToEnd,
): Promise<ProcessEntry[]> {
  const met = new Map<string, ProcessEntry>();
  const startedAt = performance.now();
  for (let empty = 0; ; await delay(LOOK_MS)) {
    const found = find();
    empty = found.length === 0 ? empty + 1 : 0;
    const elapsedMs = performance.now() - startedAt;
    const isDone = empty >= LOOKS_WITHOUT_FINDING || (isLongAgo && found.length + met.size === 0);
    if (isDone || elapsedMs > graceMs + STUCK_AFTER_MS) return [...met.values()];
    for (const entry of found) {
      const key = `${entry.pid} ${entry.startTicks}`;
      if (elapsedMs >= graceMs) signalEntry(entry, "SIGKILL");
      else if (!met.has(key)) signalEntry(entry, "SIGTERM");
      met.set(key, entry);
    }
  }
}

/** The same for whole groups, where there is no process table to look into. */
export async function endGroups(groups: readonly number[], graceMs: number): Promise<void> {
  const startedAt = performance.now();
  const alive = () => groups.filter((group) => signalPid(-group, 0));
  for (const group of groups) signalPid(-group, "SIGTERM");
  for (; alive().length > 0; await delay(LOOK_MS)) {
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs > graceMs + STUCK_AFTER_MS) return;
    if (elapsedMs >= graceMs) for (const group of alive()) signalPid(-group, "SIGKILL");
  }
}

const delay = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
