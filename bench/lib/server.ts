import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { end, hasEnded, start } from "./children.ts";
import { Probe } from "./probe.ts";
import { Wire, type Door } from "./wire.ts";

export const BINARY = fileURLToPath(new URL("../../dist/tiltish.js", import.meta.url));
const PROBE = new URL("../programs/probe.mjs", import.meta.url).href;
const START_MS = 30_000;

export interface ServerOptions {
  stateDir: string;
  /** The project. */
  root: string;
  /** Lets {@link RunningServer.probe} look inside; costs a little when it starts. */
  probed?: boolean;
}

/** A `tiltish serve` that answers. */
export interface RunningServer {
  readonly pid: number;
  readonly stateDir: string;
  readonly socket: Door;
  readonly https: Door;
  /** From just before the process was started to the first `/readyz` that was 200. */
  readonly readyMs: number;
  readonly probe: Probe;
  stop(): Promise<void>;
}

export async function startServer({ stateDir, root, probed }: ServerOptions): Promise<RunningServer> {
  const begin = performance.now();
  const flags = probed ? ["--expose-gc", "--import", PROBE] : [];
  const argv = [process.execPath, ...flags, BINARY, "serve"];
  const child = start([...argv, "--state-dir", stateDir, "--root", root, "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe", ...(probed ? (["ipc"] as const) : [])],
    env: { ...process.env, XDG_STATE_HOME: join(stateDir, "xdg"), NO_COLOR: "1" },
  });
  const said = tailOf(child);
  const socketPath = join(stateDir, "tiltish.sock");
  await ready(child, socketPath, said);
  const readyMs = performance.now() - begin;
  const token = readFileSync(join(stateDir, "token"), "utf8").trim();
  return {
    pid: child.pid!,
    stateDir,
    socket: { socketPath, token },
    https: { ...httpsDoor(stateDir), token },
    readyMs,
    probe: new Probe(child),
    stop: () => end(child),
  };
}

/** What it said last, to be shown if it fails. */
function tailOf(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-2_000);
  });
  return () => text;
}

async function ready(child: ChildProcess, socketPath: string, said: () => string): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!(await isReady(socketPath))) {
    if (hasEnded(child)) throw new Error(`tiltish serve ended before it was ready:\n${said()}`);
    if (performance.now() > deadline) throw new Error(`tiltish serve is not ready:\n${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function isReady(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false;
  try {
    const wire = await Wire.open({ socketPath });
    return await wire
      .request("GET", "/readyz")
      .then(
        () => true,
        () => false,
      )
      .finally(() => wire.close());
  } catch {
    return false; // The file is there before anybody listens.
  }
}

function httpsDoor(stateDir: string): Door {
  const text = readFileSync(join(stateDir, "kubeconfig"), "utf8");
  const [, port] = /server: *"?https:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
  const [, authority] = /certificate-authority-data: *"?([A-Za-z0-9+/=]+)/.exec(text) ?? [];
  if (!port || !authority) throw new Error(`the kubeconfig in ${stateDir} names no server on 127.0.0.1`);
  return { port: Number(port), ca: Buffer.from(authority, "base64").toString("utf8") };
}
