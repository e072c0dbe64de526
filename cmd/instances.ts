import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, sep } from "node:path";
import { isRunning } from "./process-identity.ts";

/** What a running server tells about itself, in `server.json` of its state directory. */
export interface Instance {
  pid: number;
  /** Of that pid, so that another process with its number is not taken for it. */
  startTime: string;
  port: number;
  socketPath: string;
  /** Directory of the project. */
  root: string;
  version: string;
  /** Which command runs it. */
  how?: HostCommand;
}

export type HostCommand = "up" | "up -d" | "serve" | "ci";

export interface FoundInstance extends Instance {
  stateDir: string;
}

const FILE = "server.json";
/** A unix socket has room for 108 bytes. */
const MAX_SOCKET_PATH = 100;

/** Where the state directories of all projects are. */
export function stateHome(env = process.env): string {
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "tiltish");
}

/** The state directory of a project: readable, and unique by its path. */
export async function stateDirOf(root: string): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256").update(root).digest("hex").slice(0, 8);
  return join(stateHome(), `${basename(root) || "root"}-${hash}`);
}

/** In the state directory, or where there is room for its path. */
export async function socketPathOf(stateDir: string, env = process.env): Promise<string> {
  const path = join(stateDir, "tiltish.sock");
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256").update(stateDir).digest("hex").slice(0, 16);
  // Where everybody may write, only a folder of our own will do.
  const folder = env["XDG_RUNTIME_DIR"] || join("/tmp", `tiltish-${process.getuid?.() ?? 0}`);
  return join(folder, `tiltish-${hash}.sock`);
}

/** Written last when a server starts: who finds it may use it. */
export async function writeInstance(stateDir: string, instance: Instance): Promise<void> {
  const { writeAtomically } = await import("./files.ts");
  await writeAtomically(join(stateDir, FILE), `${JSON.stringify(instance, undefined, 2)}\n`);
}

export const removeInstance = (stateDir: string): Promise<void> => rm(join(stateDir, FILE), { force: true });

/** The server that runs on this state directory. */
export function runningInstance(stateDir: string): FoundInstance | undefined {
  const instance = readInstance(stateDir);
  return instance && isRunning(instance) ? { ...instance, stateDir } : undefined;
}

/** Every server that runs on a state directory below {@link stateHome}. */
export function runningInstances(): FoundInstance[] {
  return foldersIn(stateHome()).flatMap((stateDir) => runningInstance(stateDir) ?? []);
}

/** The one of the project that `directory` belongs to. */
export function instanceFor(
  directory: string,
  instances: readonly FoundInstance[],
): FoundInstance | undefined {
  return instances
    .filter(({ root }) => directory === root || directory.startsWith(root.endsWith(sep) ? root : root + sep))
    .toSorted((a, b) => b.root.length - a.root.length)[0];
}

function readInstance(stateDir: string): Instance | undefined {
  try {
    return JSON.parse(readFileSync(join(stateDir, FILE), "utf8")) as Instance;
  } catch {
    return undefined; // Not there, or just being replaced.
  }
}

function foldersIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    return [];
  }
}
