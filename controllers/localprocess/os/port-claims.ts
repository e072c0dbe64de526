import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { readEntry } from "./table.ts";

/**
 * Ports that were chosen for processes of this user, by every tiltish on this machine: between the choice and the
 * moment in which the program listens nothing else says that a port is taken.
 *
 * A file for each port names the server that chose it; of one that is gone it counts no more. Where no file can be
 * written every port may be had: then a clash is as unlikely as it is by chance.
 */
export class PortClaims {
  readonly #directory: string;
  /** A pid means nothing without its start, for it is given out again. */
  readonly #self = `${process.pid} ${readEntry(process.pid)?.startTicks ?? 0}`;

  constructor(directory = defaultDirectory()) {
    this.#directory = directory;
  }

  /** Whether the port is ours now. */
  take(port: number): boolean {
    this.#makeDirectory();
    try {
      if (this.#isFree(port)) rmSync(this.#pathOf(port), { force: true });
      writeFileSync(this.#pathOf(port), this.#self, { flag: "wx", mode: 0o600 });
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "EEXIST";
    }
  }

  release(port: number): void {
    try {
      if (readFileSync(this.#pathOf(port), "utf8") === this.#self) rmSync(this.#pathOf(port));
    } catch {
      // It is not there.
    }
  }

  #makeDirectory(): void {
    try {
      mkdirSync(this.#directory, { mode: 0o700 });
    } catch {
      // Mostly it is there.
    }
  }

  #isFree(port: number): boolean {
    try {
      const claim = readFileSync(this.#pathOf(port), "utf8");
      const [pid, startTicks] = claim.split(" ").map(Number);
      return claim === this.#self || (readEntry(pid!)?.startTicks ?? 0) !== startTicks;
    } catch {
      return true;
    }
  }

  #pathOf(port: number): string {
    return join(this.#directory, String(port));
  }
}

const defaultDirectory = (): string =>
  join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), `tiltish-ports-${userInfo().uid}`);
