import { readFileSync } from "node:fs";
import type { World } from "./world.ts";

const EVERY_MS = 250;

/** Looks again and again whether two processes with the same arguments run under the mark of the store. */
export class Watchdog {
  readonly #world: World;
  readonly #timer: NodeJS.Timeout;
  #looking = false;
  looks = 0;

  constructor(world: World) {
    this.#world = world;
    this.#timer = setInterval(() => void this.#look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const seen = new Map<string, number>();
      for (const { pid, command } of await this.#world.processes()) {
        const other = seen.get(command);
        // One may have ended while the others were being looked at.
        if (other !== undefined && isStill(other, command) && isStill(pid, command))
          this.#world.violate(`twice at once: ${command} (pid ${other} and ${pid})`);
        if (command.includes("tools/")) seen.set(command, pid);
      }
      this.looks++;
    } catch {
      // Nothing to be seen at the moment.
    } finally {
      this.#looking = false;
    }
  }
}

function isStill(pid: number, command: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim() === command;
  } catch {
    return false;
  }
}
