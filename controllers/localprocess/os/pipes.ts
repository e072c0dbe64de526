import { execFile } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";

/** A pipe: we read one end, a child is given the other. */
export interface OutputPipe {
  readable: Readable;
  writableFd: number;
}

const BATCH = 32;
const LOW = 16;

/**
 * Pipes for the output of children, made ahead of time.
 *
 * Node connects its children by sockets, and on Linux nobody can open a socket by name: a shell script that says
 * `echo oops > /dev/stderr` would fail. A named pipe can be opened, and needs no native code. Its name is gone as
 * soon as both ends are open.
 */
export class PipePool {
  readonly #directory: string;
  readonly #ready: string[] = [];
  #filling: Promise<void> | undefined;
  #isUsable = process.platform === "linux";
  #made = 0;

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, "pipes");
    if (!this.#isUsable) return;
    rmSync(this.#directory, { recursive: true, force: true }); // of an earlier server
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    void this.#fill();
  }

  /** Two of them, for stdout and stderr; undefined where there are none to be had. */
  async take(): Promise<[OutputPipe, OutputPipe] | undefined> {
    if (this.#isUsable && this.#ready.length < 2) await this.#fill();
    if (!this.#isUsable) return undefined;
    const [stdout, stderr] = [openPipe(this.#ready.pop()!), openPipe(this.#ready.pop()!)];
    if (this.#ready.length < LOW) void this.#fill();
    return [stdout, stderr];
  }

  /** Makes no more, and removes those that nobody took. */
  async close(): Promise<void> {
    this.#isUsable = false;
    await this.#filling;
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #fill(): Promise<void> {
    this.#filling ??= this.#make().finally(() => (this.#filling = undefined));
    return this.#filling;
  }

  async #make(): Promise<void> {
    const paths = Array.from({ length: BATCH }, () => join(this.#directory, String(this.#made++)));
    try {
      await promisify(execFile)("mkfifo", ["-m", "600", ...paths]);
      this.#ready.push(...paths);
    } catch {
      this.#isUsable = false; // a file system without pipes: sockets will do for nearly everyone
    }
  }
}

function openPipe(path: string): OutputPipe {
  // The reader first and without waiting, else each would wait for the other.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writableFd = openSync(path, constants.O_WRONLY);
  rmSync(path);
  return { readable: new Socket({ fd, readable: true, writable: false }), writableFd };
}

/** Once the child has its end, ours of it must go, or there would never be an end of its output. */
export function closeWritable(pipes: readonly OutputPipe[] = []): void {
  for (const { writableFd } of pipes) closeSync(writableFd);
}
