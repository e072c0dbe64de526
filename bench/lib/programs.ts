import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { end, hasEnded, start } from "./children.ts";
import { Probe } from "./probe.ts";
import { Wire, type Door } from "./wire.ts";

const PROBE = fileURLToPath(new URL("../programs/probe.mjs", import.meta.url));
const BARE_SERVER = fileURLToPath(new URL("../programs/bare-server.mjs", import.meta.url));
const WATCHERS = fileURLToPath(new URL("../programs/watchers.mjs", import.meta.url));

/** The floor over HTTP, in a process of its own as the server is. */
export interface BareServer {
  readonly socket: Door;
  readonly pid: number;
  readonly probe: Probe;
  stop(): Promise<void>;
}

export async function startBareServer(directory: string): Promise<BareServer> {
  const socketPath = join(directory, "bare.sock");
  const argv = [process.execPath, "--expose-gc", "--import", PROBE, BARE_SERVER];
  const child = start([...argv, socketPath], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  while (!existsSync(socketPath) || !(await answers({ socketPath }))) {
    if (hasEnded(child)) throw new Error("the bare server ended");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { socket: { socketPath }, pid: child.pid!, probe: new Probe(child), stop: () => end(child) };
}

async function answers(door: Door): Promise<boolean> {
  try {
    (await Wire.open(door)).close();
    return true;
  } catch {
    return false;
  }
}

/** What watchers saw of one write: how long after it was sent, each of them. */
interface Seen {
  sent: string;
  latencies: number[];
}

/** Many watchers in a process of their own. */
export class Watchers {
  readonly #child: ChildProcess;

  static async start(): Promise<Watchers> {
    const child = start([process.execPath, WATCHERS], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await once(child, "spawn");
    return new Watchers(child);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  async open({ socketPath, token }: Door, path: string, count: number): Promise<void> {
    await this.#ask({ action: "open", socketPath, token, path, count });
  }

  async close(): Promise<void> {
    await this.#ask({ action: "close" });
  }

  /** Resolves once all have seen the write that carries `sent`. */
  seen(sent: string): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#child.off("message", listen);
        reject(new Error("not all watchers have seen a write within 10 s"));
      }, 10_000);
      const listen = (message: unknown): void => {
        const { sent: which, latencies } = message as Seen;
        if (which !== sent) return;
        clearTimeout(timer);
        this.#child.off("message", listen);
        resolve(latencies);
      };
      this.#child.on("message", listen);
    });
  }

  stop(): Promise<void> {
    return end(this.#child);
  }

  async #ask(message: { action: string } & Record<string, unknown>): Promise<void> {
    const done = once(this.#child, "message", { signal: AbortSignal.timeout(30_000) });
    this.#child.send(message);
    await done;
  }
}
