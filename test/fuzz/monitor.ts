import { readFile } from "node:fs/promises";
import { askOver } from "./witness.ts";

/** Looks after a server while it is busy: how long it takes to say that it is ready, and how much memory it has. */
export class Monitor {
  readonly #server: { pid: number; socketPath: string; token: string };
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  slowestMs = 0;
  mostBytes = 0;
  problems: string[] = [];

  constructor(server: { pid: number; socketPath: string; token: string }) {
    this.#server = server;
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#look(), 100);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { socketPath, token } = this.#server;
    const started = performance.now();
    try {
      await askOver(socketPath, token, { method: "GET", path: "/readyz" });
    } catch (error) {
      this.problems.push((error as Error).message);
    }
    this.slowestMs = Math.max(this.slowestMs, performance.now() - started);
    this.mostBytes = Math.max(this.mostBytes, await this.memory());
    if (!this.#isStopped) this.start();
  }

  /** What of it is in memory. 0 where that cannot be asked. */
  async memory(): Promise<number> {
    const status = await readFile(`/proc/${this.#server.pid}/status`, "utf8").catch(() => "");
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  }
}
