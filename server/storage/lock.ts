import { openSqlite, sqliteCodeOf, type Database, type DriverName } from "./driver.ts";
import { StoreLockedError } from "./errors.ts";
import { makePrivate, readText, remove, writeAtomically, type StoreFiles } from "./files.ts";

/** Held for as long as the process lives; the kernel lets go of it when the process is killed. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Makes this process the only one that uses the directory.
 *
 * The lock is an open exclusive transaction on a database of its own, so that it works wherever SQLite's locks do
 * and nothing else can drop it. The pid is for people, in a plain file, because the lock's file must not be read.
 *
 * @throws {@link StoreLockedError} at once, if another holds it.
 */
export function lockDirectory(files: StoreFiles, driver: DriverName | undefined): DirectoryLock {
  const database = openSqlite(files.lock, driver);
  try {
    makePrivate(files.lock);
    database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw sqliteCodeOf(error) === "SQLITE_BUSY" ? lockedBy(files) : error;
  }
  writePid(files);
  return { release: () => release(database, files) };
}

/** As well as can be: on a full disk a store must still be opened, to delete from it. */
function writePid(files: StoreFiles): void {
  try {
    writeAtomically(files.pid, `${process.pid}\n`);
  } catch {
    remove(files.pid); // rather none than a wrong one
  }
}

function release(database: Database, files: StoreFiles): void {
  remove(files.pid); // first: afterwards it may be another's
  database.close();
}

function lockedBy(files: StoreFiles): StoreLockedError {
  const pid = Number(readText(files.pid));
  return new StoreLockedError(files.directory, Number.isInteger(pid) && pid > 0 ? pid : undefined);
}
