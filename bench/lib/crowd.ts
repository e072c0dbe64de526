import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { end, hasEnded, start } from "./children.ts";
import type { Door } from "./wire.ts";

const PROGRAM = fileURLToPath(new URL("../programs/crowd.mjs", import.meta.url));

/** A door, and whether watches share connections of HTTP/2 through it. */
export interface CrowdDoor extends Door {
  http2?: boolean;
}

/** Watchers in a process of their own, of which some never read. */
export class Crowd {
  readonly #child: ChildProcess;

  static async start(): Promise<Crowd> {
    const child = start([process.execPath, PROGRAM], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    await once(child, "spawn");
    return new Crowd(child);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves once all of them have an answer. */
  open(door: CrowdDoor, path: string, count: number): Promise<void> {
    return this.#ask({ action: "open", door, path, count, reads: true });
  }

  /** These have their answer, and look at no more of it. */
  openLazy(door: CrowdDoor, path: string, count: number): Promise<void> {
    return this.#ask({ action: "open", door, path, count, reads: false });
  }

  close(): Promise<void> {
    return this.#ask({ action: "close" });
  }

  stop(): Promise<void> {
    return end(this.#child);
  }

  async #ask(message: { action: string } & Record<string, unknown>): Promise<void> {
    const done = once(this.#child, "message", { signal: AbortSignal.timeout(60_000) });
    this.#child.send(message);
    await done;
    if (hasEnded(this.#child)) throw new Error("the watchers have ended");
  }
}
