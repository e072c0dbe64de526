import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootId, readEntry } from "./os/table.ts";

/** One running process, noted on disk so that the next server can find it even without its mark. */
export interface ProcessRecord {
  uid: string;
  namespace: string;
  name: string;
  run: number;
  pid: number;
  /** A pid means nothing after the next boot, or when another process has got it. */
  bootId: string;
  startTicks: number;
  startTime: string;
}

/** A file per running process, in one directory. It is no journal: a lost record costs nothing but the mark's help. */
export class Records {
  readonly #directory: string;
  readonly #cgroupPath: string;
  readonly #bootId = bootId();

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, "processes");
    this.#cgroupPath = join(stateDirectory, "cgroup");
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** Synchronous: nothing may come between the start of a process and its record. */
  write(record: Omit<ProcessRecord, "bootId" | "startTicks">): void {
    const startTicks = readEntry(record.pid)?.startTicks ?? 0;
    const path = this.#pathOf(record.uid);
    const text = JSON.stringify({ ...record, bootId: this.#bootId, startTicks });
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  /** Never throws: a record that stays is found to be outdated by the next server, and the stop must go on. */
  remove(uid: string): void {
    try {
      rmSync(this.#pathOf(uid), { force: true });
      rmSync(`${this.#pathOf(uid)}.new`, { force: true }); // of a server that was killed while it wrote
    } catch {
      // A disk that takes no more changes.
    }
  }

  /** Where the control groups of this server are: the next one may be started in another place. */
  noteCgroup(directory: string | undefined): void {
    if (directory !== undefined) writeFileSync(this.#cgroupPath, directory, { mode: 0o600 });
  }

  get cgroup(): string | undefined {
    try {
      return readFileSync(this.#cgroupPath, "utf8") || undefined;
    } catch {
      return undefined;
    }
  }

  /** Those of this boot; the rest, and what cannot be read, is removed. */
  read(): ProcessRecord[] {
    return readdirSync(this.#directory).flatMap((file) => {
      const path = join(this.#directory, file);
      const record = parse(path);
      if (record && record.bootId === this.#bootId) return [record];
      rmSync(path, { force: true });
      return [];
    });
  }

  #pathOf(uid: string): string {
    if (/[/\\\0]/.test(uid)) throw new Error(`no uid: ${uid}`);
    return join(this.#directory, `${uid}.json`);
  }
}

function parse(path: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessRecord;
  } catch {
    return undefined;
  }
}
