import { createRequire } from "node:module";
import type BetterSqlite3 from "better-sqlite3";
import { StoreError } from "./errors.ts";

export type Value = string | number | Buffer | null;
export type Row = Record<string, string | number | Uint8Array | null>;

/** As much of SQLite as the store needs. Synchronous, so a transaction is never interleaved with anything else. */
export interface Database {
  /** Runs statements that answer nothing. */
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface Statement {
  run(...values: Value[]): { changes: number };
  get(...values: Value[]): Row | undefined;
  all(...values: Value[]): Row[];
  /** No other statement may run before the end. */
  iterate(...values: Value[]): Iterable<Row>;
}

export type DriverName = "node:sqlite" | "better-sqlite3";

/** Before it, two connections could corrupt a WAL: https://sqlite.org/wal.html#walresetbug */
const MINIMUM_SQLITE = "3.51.3";

/** Opens the file, and creates it empty if it is not there. */
export function openSqlite(file: string, driver: DriverName = preferredDriver()): Database {
  assertUsable(driver);
  return connect(file, driver);
}

/** The drivers that this Node can use. */
export const availableDrivers = (): DriverName[] =>
  (["node:sqlite", "better-sqlite3"] as const).filter((driver) => {
    try {
      assertUsable(driver);
      return true;
    } catch {
      return false;
    }
  });

function assertUsable(driver: DriverName): void {
  const version = versionOf(driver);
  if (isAtLeast(version, MINIMUM_SQLITE)) return;
  throw new StoreError(`${driver} has SQLite ${version}; at least ${MINIMUM_SQLITE} is needed`);
}

/** Asked of a database in memory: a file would be read for it, and may be damaged. */
function versionOf(driver: DriverName): string {
  try {
    const database = connect(":memory:", driver);
    const row = database.prepare("SELECT sqlite_version() AS version").get();
    database.close();
    return String(row?.["version"]);
  } catch (error) {
    const hint = "use Node 24, which brings its own SQLite, or run `npm rebuild better-sqlite3`";
    throw new StoreError(`${driver} cannot be loaded; ${hint}`, { cause: error });
  }
}

const connect = (file: string, driver: DriverName): Database =>
  driver === "node:sqlite" ? openNodeSqlite(file) : openBetterSqlite3(file);

/** `SQLITE_FULL`, `SQLITE_IOERR`, … without the extended part; undefined for what is not from SQLite. */
export function sqliteCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode === "number") return CODES[errcode & 0xff] ?? "SQLITE_ERROR";
  if (typeof code !== "string") return undefined;
  return /^SQLITE_[A-Z]+/.exec(code)?.[0];
}

/** https://sqlite.org/rescode.html, for node:sqlite, which gives numbers. */
const CODES: Record<number, string> = {
  5: "SQLITE_BUSY",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  15: "SQLITE_PROTOCOL",
  26: "SQLITE_NOTADB",
};

/** The platform's own if it is new enough: it needs no install script. */
function preferredDriver(): DriverName {
  const version = nodeSqliteVersion();
  return version !== undefined && isAtLeast(version, MINIMUM_SQLITE) ? "node:sqlite" : "better-sqlite3";
}

/** What we use of `node:sqlite`, which the types of Node 20 do not have. */
interface NodeSqlite {
  DatabaseSync: new (file: string) => Database;
}

// Asked through getBuiltinModule because an import would not load at all where Node has no such module.
const nodeSqlite = () => process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined;

/** Undefined too where `iterate` is missing: Node before 22.13. */
function nodeSqliteVersion(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 13) ? process.versions["sqlite"] : undefined;
}

function openNodeSqlite(file: string): Database {
  const module = nodeSqlite();
  if (!module) throw new StoreError(`Node ${process.version} has no node:sqlite`);
  return new module.DatabaseSync(file);
}

const require = createRequire(import.meta.url);

function openBetterSqlite3(file: string): Database {
  const Constructor = require("better-sqlite3") as typeof BetterSqlite3;
  // Waiting for a lock would block the whole process, and the holder does not let go anyway.
  return new Constructor(file, { timeout: 0 });
}

function isAtLeast(version: string, minimum: string): boolean {
  const [have, want] = [version, minimum].map((text) => text.split(".").map(Number));
  const differing = want!.findIndex((part, index) => part !== have![index]);
  return differing === -1 || (have![differing] ?? 0) > want![differing]!;
}
