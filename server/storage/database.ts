import { randomUUID } from "node:crypto";
import { copyDatabase } from "./backup.ts";
import { openSqlite, sqliteCodeOf, type Database, type DriverName } from "./driver.ts";
import { StoreDamagedError, StoreError, StoreLockedError } from "./errors.ts";
import {
  makePrivate,
  readText,
  remove,
  sizeOf,
  syncDirectory,
  writeAtomically,
  type StoreFiles,
} from "./files.ts";
import { Log, writeFirstHead } from "./log.ts";
import { recover, type Recovered } from "./recovery.ts";
import {
  assertSchema,
  assertSound,
  assertWritable,
  configure,
  createSchema,
  migrate,
  MIGRATIONS,
  type Migration,
} from "./schema.ts";

export interface OpenedDatabase extends Recovered {
  readonly database: Database;
  readonly log: Log;
}

export interface OpenDatabaseOptions {
  readonly files: StoreFiles;
  readonly driver?: DriverName | undefined;
  readonly migrations?: readonly Migration[] | undefined;
}

/** SQLite's smallest page: what is smaller holds nothing. */
const SMALLEST = 512;

/**
 * Opens the store's database, and creates it where there never was one.
 *
 * @throws {@link StoreDamagedError} if it is not, to the last row, what was written.
 */
export function openDatabase(options: OpenDatabaseOptions): OpenedDatabase {
  const { files, driver } = options;
  assertPresent(files);
  let database: Database | undefined;
  try {
    database = openSqlite(files.database, driver);
    return prepareDatabase(database, options);
  } catch (error) {
    if (database) closeDatabase(database, files);
    throw explained(error, files);
  }
}

/** Leaves everything in the database file; after that, no WAL is needed. */
export function closeDatabase(database: Database, files: StoreFiles): void {
  try {
    const { busy, log, checkpointed } = database.prepare("PRAGMA wal_checkpoint(FULL)").get() ?? {};
    if (busy === 0 && log === checkpointed) remove(files.needsWal);
  } catch {
    // It stays in the WAL, and is found there at the next start.
  }
  database.close();
}

/**
 * Looks before SQLite does: to SQLite a database of no bytes is a valid, empty one, and a WAL without a database is
 * rubbish to be deleted.
 */
function assertPresent(files: StoreFiles): void {
  const id = readText(files.id);
  if (id === undefined) return; // nothing was ever acknowledged here
  const size = sizeOf(files.database);
  if (size === undefined) {
    throw new StoreDamagedError(
      files.database,
      `it is gone, although ${files.id} says that store ${id} was here`,
    );
  }
  if (size < SMALLEST) {
    throw new StoreDamagedError(files.database, `only ${size} bytes of store ${id} are left`);
  }
  if (sizeOf(files.needsWal) !== undefined && !sizeOf(files.wal)) {
    const hint = `If ${files.database} is a restored backup, delete ${files.needsWal}`;
    throw new StoreDamagedError(files.wal, `it is gone or empty, and with it what was written last. ${hint}`);
  }
}

function prepareDatabase(database: Database, options: OpenDatabaseOptions): OpenedDatabase {
  const { files, driver, migrations = MIGRATIONS } = options;
  makePrivate(files.database);
  configure(database);
  if (isUnused(database, files)) {
    createSchema(database, migrations, () => writeFirstHead(database, randomUUID()));
    database.exec("PRAGMA wal_checkpoint(FULL)"); // from now on, a database without tables is a damaged one
  } else {
    assertSound(database, files.database);
    migrate(database, {
      file: files.database,
      migrations,
      beforeUpgrade: (copy) => copyDatabase(database, copy),
    });
  }
  assertSchema(database, { file: files.database, migrations, driver });
  assertWritable(database);
  const log = new Log(database, files.database);
  ensureIdFile(files, log.head.id);
  return { database, log, ...recover(database, log) };
}

function isUnused(database: Database, files: StoreFiles): boolean {
  const { count } = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get() ?? {};
  if (count !== 0) return false;
  const id = readText(files.id);
  if (id === undefined) return true;
  throw new StoreDamagedError(
    files.database,
    `it is empty, although ${files.id} says that it was store ${id}`,
  );
}

function ensureIdFile(files: StoreFiles, id: string): void {
  const beside = readText(files.id);
  if (beside === id) return;
  if (beside !== undefined) {
    const hint = `If it belongs here, delete ${files.id}`;
    throw new StoreDamagedError(files.database, `it is store ${id}, but ${files.id} says ${beside}. ${hint}`);
  }
  writeAtomically(files.id, `${id}\n`);
  syncDirectory(files.directory);
}

/** What opening failed of, in terms of files and what to do. */
function explained(error: unknown, files: StoreFiles): unknown {
  if (error instanceof StoreError || isSystemError(error)) return error;
  const code = sqliteCodeOf(error);
  if (code === "SQLITE_BUSY") return new StoreLockedError(files.directory, undefined);
  const message = error instanceof Error ? error.message : String(error);
  if (code !== undefined && ENVIRONMENTAL.has(code)) {
    return new StoreError(`${files.database} cannot be used: ${message}`, { cause: error });
  }
  return new StoreDamagedError(files.database, message, { cause: error });
}

const ENVIRONMENTAL = new Set([
  "SQLITE_FULL",
  "SQLITE_IOERR",
  "SQLITE_READONLY",
  "SQLITE_CANTOPEN",
  "SQLITE_PERM",
  "SQLITE_NOMEM",
]);

const isSystemError = (error: unknown): boolean => error instanceof Error && "syscall" in error;
