import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { StoreError } from "./errors.ts";
import type { StoreLog } from "./types.ts";

/**
 * The files of a store.
 *
 * `database` and `lock` must never be opened with `fs`: closing any descriptor of a file drops all POSIX locks that
 * this process holds on it, SQLite's among them (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export interface StoreFiles {
  readonly directory: string;
  readonly database: string;
  readonly wal: string;
  /** The store's id, beside the one in the database: a database that lost its own is recognised by it. */
  readonly id: string;
  readonly lock: string;
  readonly pid: string;
  readonly ballast: string;
  /** There as long as the WAL holds what the database does not: a WAL that was deleted is recognised by it. */
  readonly needsWal: string;
}

/** Creates the directory if need be. A path through a symlink names the same store as the path itself. */
export function openDirectory(path: string, log: StoreLog): StoreFiles {
  // Not changed if it was there: it may be anything that a user named.
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const directory = realpathSync(path);
  if ((statSync(directory).mode & 0o077) !== 0 && process.platform !== "win32") {
    log.warn({ directory }, "the state directory can be entered by other users; chmod 700 it");
  }
  assertFileSystem(directory, log);
  const file = (name: string) => join(directory, name);
  return {
    directory,
    database: file("store.db"),
    wal: file("store.db-wal"),
    id: file("store.id"),
    lock: file("store.lock"),
    pid: file("store.pid"),
    ballast: file("store.ballast"),
    needsWal: file("store.needs-wal"),
  };
}

/** `f_type` of statfs(2) where file locks or fsync cannot be relied on. */
const REFUSED: Record<number, string> = {
  0x6969: "NFS",
  0x517b: "SMB",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB",
  0x01021997: "9p",
};
const OVERLAY = 0x794c7630;

function assertFileSystem(directory: string, log: StoreLog): void {
  if (process.platform !== "linux") return; // elsewhere the numbers mean other things
  const type = statfsSync(directory).type;
  const refusal = refusalOf(type);
  if (refusal) throw new StoreError(`${directory} is on ${refusal}; choose a local disk with --state-dir`);
  if (isOverlay(type)) log.warn({ directory }, "the state directory is in a container's own layer");
}

/** Why a store cannot be kept on such a file system. */
export function refusalOf(type: number): string | undefined {
  const name = REFUSED[type >>> 0];
  return name && `${name}, whose locks and writes a store cannot rely on`;
}

export const isOverlay = (type: number): boolean => type >>> 0 === OVERLAY;

/** Bytes in the file; undefined if there is none. Looks only at the directory, and so is safe for a database. */
export const sizeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.size;

/** By path, and so safe for a database. */
export function makePrivate(file: string): void {
  chmodSync(file, 0o600);
}

export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** All of it or nothing, also after a power cut. One writer at a time: the holder of the lock. */
export function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.tmp`;
  try {
    const handle = openSync(temporary, "w", 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } finally {
    remove(temporary);
  }
}

/** Makes names that were created in the directory survive a power cut. */
export function syncDirectory(directory: string): void {
  if (process.platform === "win32") return; // has no such thing
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export function createPrivate(file: string): void {
  closeSync(openSync(file, "wx", 0o600));
}

/** Makes sure that the file is there. */
export function touch(file: string): void {
  closeSync(openSync(file, "a", 0o600));
}

export function remove(file: string): void {
  rmSync(file, { force: true });
}
