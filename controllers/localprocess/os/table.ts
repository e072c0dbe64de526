import { readdirSync, readFileSync } from "node:fs";

/** What `/proc/PID/stat` says about one process. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** One letter: R, S, D, Z and so on. */
  state: string;
  /** Clock ticks from boot to its start. With the pid it names one process; a pid alone is used again. */
  startTicks: number;
}

/** Whether the kernel tells us about processes that are not our children. */
export const hasTable = process.platform === "linux";

/** The process with this pid, or undefined if there is none. */
export function readEntry(pid: number): ProcessEntry | undefined {
  const stat = readProc(`${pid}/stat`)?.toString("latin1");
  if (!stat) return undefined;
  // The name of the program is in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0]!,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
}

/** How far the kernel had got in giving out pids. */
export interface PidCursor {
  lastPid: number;
  forks: number;
}

export function readCursor(): PidCursor {
  const lastPid = Number(readProc("loadavg")?.toString().trim().split(" ").at(-1));
  const forks = Number(/^processes (\d+)/m.exec(readProc("stat")?.toString() ?? "")?.[1]);
  return { lastPid, forks };
}

/**
 * Every process that runs. One that has ended and waits for its parent to notice (a zombie) does not run.
 *
 * @param since - Only those that have started after it, and some more if the pids have gone once around meanwhile.
 *   Pids ascend, so that most of a big table need not be read.
 */
export function readTable(since?: PidCursor): ProcessEntry[] {
  if (!hasTable) return [];
  const above = since && !hasWrapped(since) ? since.lastPid : 0;
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > above)
    .map((pid) => readEntry(pid))
    .filter((entry): entry is ProcessEntry => entry !== undefined && isRunning(entry));
}

let pidMax: number | undefined;

/** Also true when we do not know. */
function hasWrapped(since: PidCursor): boolean {
  const cursor = readCursor();
  pidMax ??= Number(readProc("sys/kernel/pid_max")?.toString());
  const isNear = cursor.forks - since.forks < pidMax / 2;
  return !(isNear && cursor.lastPid >= since.lastPid);
}

/** Whether a variable of the process's environment starts with these bytes, and ends there if `whole`. */
export function hasVariable(pid: number, text: string, { whole }: { whole: boolean }): boolean {
  const environment = readProc(`${pid}/environ`);
  if (!environment) return false;
  for (let at = environment.indexOf(text); at >= 0; at = environment.indexOf(text, at + 1)) {
    const starts = at === 0 || environment[at - 1] === 0;
    const end = at + text.length;
    if (starts && (!whole || end === environment.length || environment[end] === 0)) return true;
  }
  return false;
}

/** The command line, for people. */
export function commandOf(pid: number): string {
  return (readProc(`${pid}/cmdline`)?.toString() ?? "").replaceAll("\0", " ").trim().slice(0, 200);
}

/** Changes with every boot, so that a recorded pid of an earlier boot is known to mean nothing. */
export const bootId = (): string => readProc("sys/kernel/random/boot_id")?.toString().trim() ?? "";

const isRunning = ({ state }: ProcessEntry): boolean => state !== "Z" && state !== "X";

/** A process that has just gone, or that belongs to somebody else, has no such file for us. */
function readProc(file: string): Buffer | undefined {
  try {
    return readFileSync(`/proc/${file}`);
  } catch {
    return undefined;
  }
}
