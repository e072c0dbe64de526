import { randomFillSync } from "node:crypto";
import { open, rename, statfs } from "node:fs/promises";
import { remove, sizeOf, type StoreFiles } from "./files.ts";
import type { StoreLog } from "./types.ts";

const MEBIBYTE = 1024 * 1024;
const LARGEST = 16 * MEBIBYTE;
const RETRY_MS = 2_000;

/**
 * Room that is kept for the day the disk is full, because deleting needs room too: a deletion is a row, and the WAL
 * has to hold it. Taken in the background, 16 MiB or an eighth of a small disk.
 */
export class Ballast {
  readonly #files: StoreFiles;
  readonly #log: StoreLog;
  #isFull = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #taking: Promise<void> | undefined;

  constructor(files: StoreFiles, log: StoreLog) {
    this.#files = files;
    this.#log = log;
  }

  /** Whether only deletions are to be written. */
  get isFull(): boolean {
    return this.#isFull;
  }

  start(): void {
    this.#takeInBackground();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#taking;
  }

  /** SQLite found the disk full. Gives the room back, and tries to have it again. Whether there was any. */
  release(): boolean {
    if (!this.#isFull) this.#log.error(this.#files, "the disk is full: only deletions are accepted");
    this.#isFull = true;
    this.#timer ??= setInterval(() => this.#takeInBackground(), RETRY_MS).unref();
    const wasThere = sizeOf(this.#files.ballast) !== undefined;
    remove(this.#files.ballast);
    return wasThere;
  }

  #takeInBackground(): void {
    this.#taking ??= this.#take()
      .catch((error: unknown) => this.#log.warn({ err: error }, "no room could be kept for a full disk"))
      .finally(() => {
        this.#taking = undefined;
      });
  }

  async #take(): Promise<void> {
    if (sizeOf(this.#files.ballast) === undefined && !(await this.#fill())) return;
    if (this.#isFull) this.#log.info(this.#files, "the disk has room again");
    this.#isFull = false;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whether it is there now. As much again must stay free: the disk would else be full because of us. */
  async #fill(): Promise<boolean> {
    const { blocks, bavail, bsize } = await statfs(this.#files.directory);
    const size = Math.min(LARGEST, Math.floor((blocks * bsize) / 8));
    if (bavail * bsize < 2 * size) {
      if (!this.#isFull)
        this.#log.warn(this.#files, "the disk is almost full: no room is kept for deletions");
      return false;
    }
    const temporary = `${this.#files.ballast}.tmp`;
    try {
      if (await this.#write(temporary, size)) await rename(temporary, this.#files.ballast);
    } finally {
      remove(temporary);
    }
    return !this.#stopped;
  }

  /** Noise: where the file system compresses, zeros would keep no room. */
  async #write(file: string, size: number): Promise<boolean> {
    const noise = randomFillSync(Buffer.allocUnsafe(Math.min(size, MEBIBYTE)));
    const handle = await open(file, "w", 0o600);
    try {
      for (let written = 0; written < size && !this.#stopped; written += noise.length)
        await handle.write(noise);
    } finally {
      await handle.close();
    }
    return !this.#stopped;
  }
}
