import { realpathSync } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Log } from "../../client/index.ts";
import { CliError, EXIT, failure } from "../cli/errors.ts";
import { sayNow } from "../cli/io.ts";
import { openInstance, type RunningServer } from "../compose/index.ts";
import { collectEarly } from "./memory.ts";
import {
  removeInstance,
  socketPathOf,
  writeInstance,
  type FoundInstance,
  type HostCommand,
  type Instance,
} from "../instances.ts";
import { startTimeOf } from "../process-identity.ts";

export interface HostOptions {
  stateDir: string;
  /** Directory of the project. */
  root: string;
  /** Which command runs it, for those who list sessions. */
  how: HostCommand;
  /** 0 has a free one chosen. */
  port: number;
  /** How many changes are kept at most for watches to resume from. */
  maxHistory?: number | undefined;
  log: Log;
  /** Done when the server answers, and before anything is run. */
  prepare?: (instance: FoundInstance) => Promise<void>;
}

/** A server that runs in this process. */
export interface Host {
  readonly instance: FoundInstance;
  readonly url: string;
  readonly kubeconfig: string;
  /** Ends all processes, then the server. */
  close(): Promise<void>;
}

/** Starts server and controllers, and lets other commands find them. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { stateDir } = options;
  collectEarly();
  await makeStateDir(stateDir);
  const socketPath = await socketPathOf(stateDir);
  await ensureOwnFolder(dirname(socketPath));
  const running = await open(options, socketPath);
  const { address, kubeconfig } = running.server;
  const instance = instanceOf(options, address, socketPath);
  await writeInstance(stateDir, instance);
  return {
    instance: { ...instance, stateDir },
    url: address.url ?? "",
    kubeconfig,
    async close() {
      // From here on nobody should find us any more.
      await removeInstance(stateDir);
      await running.close();
    },
  };
}

function instanceOf(
  { root, how }: HostOptions,
  address: RunningServer["server"]["address"],
  socketPath: string,
): Instance {
  return {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? "",
    port: address.port ?? 0,
    socketPath: address.socketPath ?? socketPath,
    root,
    version: process.env["TILTISH_VERSION"] ?? "dev",
    how,
  };
}

/** @throws CliError that says what to do about it. */
export async function makeStateDir(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { message } = cause as Error;
    throw failure(`no state directory: ${message}. Choose another one with --state-dir or TILTISH_STATE_DIR`);
  }
}

/** A folder that somebody else could write to would let them answer in our name. */
async function ensureOwnFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(path);
  const isOurs = process.getuid === undefined || uid === process.getuid();
  if (!isOurs || (mode & 0o022) !== 0) {
    throw failure(`${path} can be written by others; the socket of the server must not lie there`);
  }
}

async function open(options: HostOptions, socketPath: string): Promise<RunningServer> {
  const { stateDir, root, port, maxHistory, log, prepare = () => Promise.resolve() } = options;
  try {
    return await openInstance({
      stateDirectory: stateDir,
      root,
      port,
      socketPath,
      maxHistory,
      log,
      guardCommand: [process.execPath, programPath(), "__guard"],
      prepare: ({ address }) => prepare({ ...instanceOf(options, address, socketPath), stateDir }),
      onFatal,
    });
  } catch (error) {
    throw understood(error, options);
  }
}

/** Nothing that was acknowledged may be lost: stop at once. The guard ends what still runs. */
function onFatal(error: Error): void {
  sayNow(`error: the state directory can no longer be written: ${error.message}`);
  process.exit(EXIT.storage);
}

/** This program, as it was started. */
const programPath = (): string => realpathSync(process.argv[1]!);

function understood(error: unknown, { port }: HostOptions): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return failure(`port ${port} is taken; choose another one, or 0 for any, with --port`);
  if (code === "EACCES") return failure(`not allowed: ${error.message}`);
  if (code?.startsWith("SQLITE_IOERR")) return new CliError(`error: ${error.message}`, EXIT.storage);
  // The errors of the store say all there is to say, and what to do.
  return error.name.startsWith("Store") ? failure(error.message) : error;
}
