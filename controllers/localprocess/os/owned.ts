import { markOfStore } from "./mark.ts";
import { signalEntry } from "./signal.ts";
import { hasVariable, readEntry, readTable, type ProcessEntry } from "./table.ts";

// The guard runs this, with next to nothing else in memory: keep its imports few.

/** Every process that carries the mark of a store, and whoever is in a session that one of these leads. */
export function findOwned(storeId: string): ProcessEntry[] {
  const mark = markOfStore(storeId);
  const table = readTable();
  const spared = ancestry(process.pid);
  const marked = table.filter(({ pid }) => !spared.has(pid) && hasVariable(pid, mark, { whole: false }));
  const sessions = new Set(marked.filter(({ pid, session }) => pid === session).map(({ pid }) => pid));
  const others = table.filter(({ pid, session }) => sessions.has(session) && !spared.has(pid));
  return [...new Set([...marked, ...others])];
}

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

/**
 * Ends all that `find` finds: TERM, after the grace KILL, until it finds nothing.
 *
 * @returns Everyone who was found.
 */
export async function endOwned(find: () => ProcessEntry[], graceMs: number): Promise<ProcessEntry[]> {
  const met = new Map<string, ProcessEntry>();
  const startedAt = performance.now();
  for (let empty = 0; empty < LOOKS_WITHOUT_FINDING; await delay(LOOK_MS)) {
    const found = find();
    empty = found.length === 0 ? empty + 1 : 0;
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs > graceMs + STUCK_AFTER_MS) break;
    for (const entry of found) {
      const key = `${entry.pid} ${entry.startTicks}`;
      if (elapsedMs >= graceMs) signalEntry(entry, "SIGKILL");
      else if (!met.has(key)) signalEntry(entry, "SIGTERM");
      met.set(key, entry);
    }
  }
  return [...met.values()];
}

const delay = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));
