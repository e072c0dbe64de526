import { openSqlite, type Database, type DriverName } from "./driver.ts";
import { StoreDamagedError, StoreError, StoreVersionError } from "./errors.ts";
import { failpoint } from "./failpoint.ts";

export interface Migration {
  /** `PRAGMA user_version` afterwards. */
  readonly version: number;
  readonly sql: string;
}

/** "tilt", so that `file` and the store itself know what the database is. */
const APPLICATION_ID = 0x74696c74;

/**
 * Every schema there ever was, oldest first; a released one is never changed.
 *
 * `log` has one row per change, and everything is a view of it: the current state is the rows that nothing has
 * superseded; history is the rows after a revision; what a change replaced is the row it superseded. A deletion is
 * superseded by itself, because its state is never current.
 *
 * `store` has one row: what must be true of the log, so that a lost row is noticed.
 *
 * `value` comes last: the columns before it are read without touching the pages of a large object.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE log (
        rev           INTEGER PRIMARY KEY,
        time_ms       INTEGER NOT NULL,
        api_group     TEXT NOT NULL,
        plural        TEXT NOT NULL,
        namespace     TEXT NOT NULL,
        name          TEXT NOT NULL,
        op            TEXT NOT NULL CHECK (op IN ('create', 'update', 'delete')),
        checksum      INTEGER NOT NULL,
        superseded_by INTEGER,
        value         BLOB NOT NULL
      ) STRICT;
      CREATE INDEX log_superseded ON log (superseded_by) WHERE superseded_by IS NOT NULL;
      CREATE TABLE store (
        one       INTEGER PRIMARY KEY CHECK (one = 1),
        id        TEXT NOT NULL,
        revision  INTEGER NOT NULL,
        compacted INTEGER NOT NULL,
        live      INTEGER NOT NULL,
        checksum  INTEGER NOT NULL
      ) STRICT;
      PRAGMA application_id = ${APPLICATION_ID};
    `,
  },
];

/**
 * How the database is written. Set, and read back: better-sqlite3 is compiled with defaults under which a power cut
 * forgets the last commits.
 */
export function configure(database: Database): void {
  // Before anything reads the file: there is then no shared-memory file, which a full disk could not hold.
  database.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE");
  // Lets compaction give room back. Works only on an empty file, and would else be a write at each start.
  if (pragma(database, "page_count") === 0) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA cell_size_check = ON;
    PRAGMA trusted_schema = OFF;
    -- Objects are read from memory; what is left are appends at the end of a table and its indexes.
    PRAGMA cache_size = -4096;
  `);
  const settings = ["journal_mode", "synchronous", "fullfsync", "locking_mode"].map((name) =>
    pragma(database, name),
  );
  if (settings.join() === "wal,2,1,exclusive") return;
  throw new StoreError(`SQLite cannot be made to write durably (it answers ${settings.join()})`);
}

/** Makes everything in one transaction: a database is either unused or complete. */
export function createSchema(
  database: Database,
  migrations: readonly Migration[],
  andThen: () => void,
): void {
  transact(database, () => {
    for (const { version, sql } of migrations) database.exec(`${sql}; PRAGMA user_version = ${version}`);
    andThen();
  });
}

/** Refuses what SQLite itself finds wrong, and what is no store at all. */
export function assertSound(database: Database, file: string): void {
  const verdict = pragma(database, "quick_check(1)");
  if (verdict !== "ok") throw new StoreDamagedError(file, String(verdict));
  if (pragma(database, "application_id") !== APPLICATION_ID || pragma(database, "user_version") === 0) {
    throw new StoreDamagedError(file, "it is not the database of a store");
  }
}

export interface MigrateOptions {
  readonly file: string;
  readonly migrations: readonly Migration[];
  /** Called before an existing store is changed, with the file to copy it to. */
  readonly beforeUpgrade: (copy: string) => void;
}

/**
 * Brings the database to the newest schema, each step in a transaction of its own.
 *
 * @throws {@link StoreVersionError} if a newer version wrote it.
 */
export function migrate(database: Database, { file, migrations, beforeUpgrade }: MigrateOptions): void {
  const found = Number(pragma(database, "user_version"));
  const known = migrations.at(-1)?.version ?? 0;
  if (found > known) throw new StoreVersionError(file, found, known);
  const missing = migrations.filter(({ version }) => version > found);
  if (missing.length > 0) beforeUpgrade(`${file}.schema-${found}`);
  for (const { version, sql } of missing) {
    transact(database, () => {
      database.exec(`${sql}; PRAGMA user_version = ${version}`);
      failpoint("store.beforeMigrationCommit");
    });
  }
}

export interface SchemaOptions {
  readonly file: string;
  readonly migrations: readonly Migration[];
  readonly driver: DriverName | undefined;
}

/** Refuses a database whose definitions are not those that the migrations make: it would answer other questions. */
export function assertSchema(database: Database, { file, migrations, driver }: SchemaOptions): void {
  const fresh = openSqlite(":memory:", driver);
  createSchema(fresh, migrations, () => undefined);
  const isSame = definitionsOf(database) === definitionsOf(fresh);
  fresh.close();
  if (!isSame) throw new StoreDamagedError(file, "its tables are not those of a store");
}

/** Fails on a read-only medium, or a header that says so: better now than at the first write. Changes nothing. */
export function assertWritable(database: Database): void {
  database.exec("DELETE FROM log WHERE rev < 0");
}

const definitionsOf = (database: Database): string =>
  JSON.stringify(database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").all());

/** What a pragma answers first. */
const pragma = (database: Database, name: string): unknown =>
  Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];

/** All of `work`, or nothing. */
export function transact<T>(database: Database, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    rollback(database);
    throw error;
  }
}

function rollback(database: Database): void {
  try {
    database.exec("ROLLBACK");
  } catch (error) {
    // After some errors SQLite has rolled back by itself: https://sqlite.org/lang_transaction.html
    if (!(error instanceof Error && error.message.includes("no transaction is active"))) throw error;
  }
}
