import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { HttpTarget } from "../../client/http/index.ts";
import { noSession, usageError } from "../cli/errors.ts";
import { say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import { searchProject } from "../project-file.ts";
import { instanceFor, runningInstance, runningInstances, type FoundInstance } from "../instances.ts";

/** Where to send requests, and which namespace is meant when none is named. */
export interface Found {
  target: HttpTarget;
  namespace: string;
  /** Absent for a server that is not known to run on this machine. */
  instance?: FoundInstance;
}

/** The server that a command is about: the one it names, else that of this folder, else the only one. */
export async function findServer(options: Options): Promise<Found> {
  const named = options.text("state-dir") ?? process.env["TILTISH_STATE_DIR"];
  if (named === undefined && (options.has("kubeconfig") || options.has("server"))) return remote(options);
  const instance = named ? inStateDir(resolve(named)) : forThisFolder();
  return { target: targetOf(instance), namespace: namespaceFrom(options) ?? "default", instance };
}

/** The namespace that the call or the environment names. */
export const namespaceFrom = (options: Options): string | undefined =>
  options.text("namespace") ?? (process.env["TILTISH_NAMESPACE"] || undefined);

/** The server of this folder, if it runs on this machine. */
export function findInstance(options: Options): FoundInstance {
  const named = options.text("state-dir") ?? process.env["TILTISH_STATE_DIR"];
  return named ? inStateDir(resolve(named)) : forThisFolder();
}

function inStateDir(stateDir: string): FoundInstance {
  const instance = runningInstance(stateDir);
  if (!instance) {
    throw noSession(`no server runs on ${stateDir}. Start one with tiltish serve --state-dir ${stateDir}`);
  }
  return instance;
}

function forThisFolder(): FoundInstance {
  const instances = runningInstances();
  const found = instanceFor(process.cwd(), instances);
  if (found) return found;
  const [only, ...others] = instances;
  // A project of its own whose server does not run is no reason to show, or to change, another one.
  const isElsewhere = searchProject(process.cwd()).found !== undefined;
  if (!only || others.length || isElsewhere) throw noneHere(instances);
  say(`this folder has no session; this is about ${describe(only)}`);
  return only;
}

function noneHere(instances: readonly FoundInstance[]): Error {
  const running = instances.length ? ` Running: ${instances.map(describe).join(", ")}.` : "";
  return noSession(`no session for this folder.${running} Start one with tiltish up`);
}

/** `shop (~/shop)` */
function describe({ root }: FoundInstance): string {
  const short = root.startsWith(homedir()) ? `~${root.slice(homedir().length)}` : root;
  return `${root.split("/").findLast(Boolean) ?? root} (${short})`;
}

/**
 * The server of this very folder, or the one that the call names. For commands that end things: the only server that
 * runs may be that of another project.
 */
export function findOwnInstance(options: Options): FoundInstance {
  const named = options.text("state-dir") ?? process.env["TILTISH_STATE_DIR"];
  if (named) return inStateDir(resolve(named));
  const instances = runningInstances();
  const found = instanceFor(process.cwd(), instances);
  if (!found) throw noneHere(instances);
  return found;
}

/** Over the socket: no handshake, and no port that somebody else might hold. */
export function targetOf({ stateDir, socketPath }: FoundInstance): HttpTarget {
  return { socketPath, token: readToken(stateDir), userAgent: userAgent() };
}

function readToken(stateDir: string): string | undefined {
  try {
    return readFileSync(join(stateDir, "token"), "utf8").trim();
  } catch {
    return undefined; // The server will say what it thinks of that.
  }
}

async function remote(options: Options): Promise<Found> {
  const server = options.text("server");
  if (server !== undefined && !options.has("kubeconfig")) {
    const target = { server, token: options.text("token"), userAgent: userAgent() };
    return { target, namespace: namespaceFrom(options) ?? "default" };
  }
  const { readKubeconfig } = await import("../../client/http/index.ts");
  try {
    const config = await readKubeconfig({
      path: options.text("kubeconfig"),
      context: options.text("context"),
    });
    const target = { ...config, ...(server && { server }), userAgent: userAgent() };
    return { target, namespace: namespaceFrom(options) ?? config.namespace };
  } catch (cause) {
    throw usageError(`--kubeconfig: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

const userAgent = (): string => `tiltish/${process.env["TILTISH_VERSION"] ?? "dev"}`;
