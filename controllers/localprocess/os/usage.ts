import { readFileSync } from "node:fs";
import { readTable, type ProcessEntry } from "./table.ts";

/** What a process has used so far, and holds. */
export interface Used {
  cpuMs: number;
  memoryBytes: number;
}

/** Of all systems that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4096;
/** Whoever asks about all processes asks about each: the table is read once for them. */
const FRESH_MS = 500;

let table: ProcessEntry[] = [];
let readAtMs = -Infinity;

/** What a process and all of its group, its session and its control group use together. */
export function usedBy(leader: Pick<ProcessEntry, "pid" | "startTicks">, inside: readonly number[]): Used {
  const enclosed = new Set(inside);
  const members = present().filter(
    ({ pid, group, session, startTicks }) =>
      startTicks >= leader.startTicks &&
      (enclosed.has(pid) || group === leader.pid || session === leader.pid),
  );
  const used = members.map(({ pid }) => usedByOne(pid));
  return {
    cpuMs: used.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryBytes: used.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

function present(): ProcessEntry[] {
  if (performance.now() - readAtMs > FRESH_MS) {
    table = readTable();
    readAtMs = performance.now();
  }
  return table;
}

/** The time of children that have ended counts too, and memory that is shared counts for everyone who shares it. */
function usedByOne(pid: number): Used {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
    return { cpuMs: ticks * MS_PER_TICK, memoryBytes: (fields[21] ?? 0) * PAGE_BYTES };
  } catch {
    return { cpuMs: 0, memoryBytes: 0 }; // it has just ended
  }
}
