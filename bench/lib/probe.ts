import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** Asks a process that runs `programs/probe.mjs` about itself. */
export class Probe {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts to look for stalls of the event loop. */
  async watchLoop(): Promise<void> {
    await this.#ask("watch-loop");
  }

  /** The longest one since, in milliseconds. */
  loopStallMs(): Promise<number> {
    return this.#ask("loop-stall");
  }

  /** Time of processors that it has taken so far, in milliseconds. */
  cpuMs(): Promise<number> {
    return this.#ask("cpu");
  }

  /** Resident memory in bytes, once garbage is collected. */
  async residentBytes(): Promise<number> {
    await this.#ask("collect");
    return residentBytesOf(this.#child.pid!) ?? this.#ask("resident");
  }

  async #ask(question: string): Promise<number> {
    const answer = once(this.#child, "message");
    this.#child.send({ question });
    const [{ value }] = (await answer) as [{ value: number }];
    return value;
  }
}

/** As the kernel has it; undefined where there is no /proc. */
function residentBytesOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
