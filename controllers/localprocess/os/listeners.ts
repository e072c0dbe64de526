import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";

/** Who listens at a port. */
export interface Holder {
  pid: number;
  program: string;
  /** Its working directory, where we may see it. */
  dir: string | undefined;
  /** How long it has been running. */
  ageMs: number | undefined;
}

const LISTEN = "0A";
const TICKS_PER_SECOND = 100;

/** The process that listens at a TCP port of this machine; undefined if there is none, or none that we may see. */
export async function holderOf(port: number): Promise<Holder | undefined> {
  const inodes = new Set([
    ...socketsAt(port, await read("/proc/net/tcp")),
    ...socketsAt(port, await read("/proc/net/tcp6")),
  ]);
  if (inodes.size === 0) return undefined;
  for (const pid of (await list("/proc")).map(Number).filter(Boolean)) {
    if (await hasSocket(pid, inodes)) return describe(pid);
  }
  return undefined;
}

/** Inodes of listening sockets, from a table whose lines are `sl local remote state … inode`. */
function socketsAt(port: number, table: string): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === LISTEN)
    .map((fields) => `socket:[${fields[9]}]`);
}

async function hasSocket(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  for (const fd of await list(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
    if (inodes.has(target)) return true;
  }
  return false;
}

async function describe(pid: number): Promise<Holder> {
  const [argv, stat, uptime] = await Promise.all([
    read(`/proc/${pid}/cmdline`),
    read(`/proc/${pid}/stat`),
    read("/proc/uptime"),
  ]);
  const startTicks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  const ageMs = (Number(uptime.split(" ")[0]) - startTicks / TICKS_PER_SECOND) * 1000;
  return {
    pid,
    program: basename(argv.split("\0")[0] ?? "") || "a program",
    dir: await readlink(`/proc/${pid}/cwd`).catch(() => undefined),
    ageMs: Number.isFinite(ageMs) ? Math.max(0, ageMs) : undefined,
  };
}

const read = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
const list = (path: string): Promise<string[]> => readdir(path).catch(() => []);
