import { crc32 } from "node:zlib";
import type { Database, Row, Statement, Value } from "./driver.ts";
import { StoreDamagedError } from "./errors.ts";
import { failpoint } from "./failpoint.ts";
import { checksumOf, recordOf, type LogRecord } from "./record.ts";
import { transact } from "./schema.ts";
import type { Scope } from "./types.ts";

/** What must be true of the log: the row in table `store`. */
export interface Head {
  readonly id: string;
  /** The newest revision. Every revision after `compacted` has its row. */
  readonly revision: number;
  /** The newest revision whose predecessors are gone. */
  readonly compacted: number;
  /** Objects that exist. */
  readonly live: number;
}

/** A row to write, and the revision of the row that it supersedes. */
export interface Append {
  readonly record: LogRecord;
  readonly supersedes: number | undefined;
}

/** The rows in scope after `revision`, up to `through`, until there are `limit` of them, or `bytes`. */
export interface Range {
  readonly scope: Scope;
  readonly revision: number;
  readonly through: number;
  readonly limit: number;
  readonly bytes: number;
}

const COLUMNS = "rev, time_ms, api_group, plural, namespace, name, op, checksum, superseded_by, value";
const IN_SCOPE = "api_group = ? AND plural = ? AND (? IS NULL OR namespace = ?)";

/** The log in SQLite. Knows rows and transactions, not what they are for. */
export class Log {
  readonly file: string;
  readonly #database: Database;
  #head: Head;
  readonly #insert: Statement;
  readonly #supersede: Statement;
  readonly #updateHead: Statement;
  readonly #range: Statement;
  readonly #superseded: Statement;
  readonly #currentAt: Statement;
  readonly #time: Statement;
  readonly #oldest: Statement;
  readonly #delete: Statement;
  readonly #freePages: Statement;

  constructor(database: Database, file: string) {
    this.#database = database;
    this.file = file;
    this.#head = readHead(database, file);
    const prepare = (sql: string) => database.prepare(sql);
    this.#insert = prepare(`INSERT INTO log (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#supersede = prepare("UPDATE log SET superseded_by = ? WHERE rev = ? AND superseded_by IS NULL");
    this.#updateHead = prepare("UPDATE store SET revision = ?, compacted = ?, live = ?, checksum = ?");
    this.#range = prepare(
      `SELECT ${COLUMNS} FROM log WHERE rev > ? AND rev <= ? AND ${IN_SCOPE} ORDER BY rev LIMIT ?`,
    );
    this.#superseded = prepare(
      `SELECT ${COLUMNS} FROM log INDEXED BY log_superseded WHERE superseded_by = ? AND rev < ?`,
    );
    this.#currentAt = prepare(
      `SELECT ${COLUMNS} FROM log INDEXED BY log_superseded WHERE superseded_by > ? AND rev <= ? AND ${IN_SCOPE}`,
    );
    this.#time = prepare("SELECT time_ms FROM log WHERE rev = ?");
    this.#oldest = prepare(
      `SELECT superseded_by, length(value) AS size FROM log INDEXED BY log_superseded
       WHERE superseded_by <= ? ORDER BY superseded_by LIMIT ?`,
    );
    this.#freePages = prepare("PRAGMA freelist_count");
    this.#delete = prepare("DELETE FROM log INDEXED BY log_superseded WHERE superseded_by <= ? AND rev < ?");
  }

  get head(): Head {
    return this.#head;
  }

  /** Writes all rows, or none. Durable when it returns. */
  append(appends: readonly Append[], live: number): void {
    const revision = appends.at(-1)!.record.stored.revision;
    const head = { ...this.#head, revision, live };
    transact(this.#database, () => {
      for (const append of appends) this.#write(append);
      this.#writeHead(head);
      failpoint("store.beforeCommit");
    });
    this.#head = head;
  }

  #write({ record, supersedes }: Append): void {
    const { stored, operation, timeMs } = record;
    const { revision, key, bytes } = stored;
    const { group, plural, namespace, name } = key;
    const end = operation === "delete" ? revision : null;
    const where = [group, plural, namespace, name];
    this.#insert.run(revision, timeMs, ...where, operation, checksumOf(record), end, bytes);
    if (supersedes === undefined) return;
    const { changes } = this.#supersede.run(revision, supersedes);
    if (changes !== 1) throw this.damaged(supersedes, "the newest state of an object is not there");
  }

  #writeHead(head: Head): void {
    this.#updateHead.run(head.revision, head.compacted, head.live, headChecksumOf(head));
  }

  /** Rows in the order in which they were written. */
  range({ scope, revision, through, limit, bytes }: Range): LogRecord[] {
    const records: LogRecord[] = [];
    let size = 0;
    for (const row of this.#range.iterate(revision, through, ...valuesOf(scope), limit)) {
      const record = this.#verified(row);
      records.push(record);
      size += record.stored.bytes.length;
      if (size >= bytes) break;
    }
    return records;
  }

  /** The row that the change at `revision` replaced. */
  supersededBy(revision: number): LogRecord {
    const row = this.#superseded.get(revision, revision);
    if (!row) throw this.damaged(revision, "the state before it is not there");
    return this.#verified(row);
  }

  /** What was current at `revision` and is no longer. */
  supersededSince(scope: Scope, revision: number): LogRecord[] {
    const rows = this.#currentAt.all(revision, revision, ...valuesOf(scope));
    return rows.map((row) => this.#verified(row));
  }

  /** Undefined if the row is gone. */
  timeMsOf(revision: number): number | undefined {
    const row = this.#time.get(revision);
    return row && Number(row["time_ms"]);
  }

  /**
   * Forgets what was superseded at or before some revision, at most `target`, so that it takes little time.
   *
   * The compacted revision moves in the same transaction, so at no moment is anything missing that it promises.
   */
  compactSome(target: number, limit: { rows: number; bytes: number }): number {
    const compacted = this.#nextSlice(target, limit);
    const head = { ...this.#head, compacted };
    transact(this.#database, () => {
      const stored = readHead(this.#database, this.file);
      if (stored.compacted !== this.#head.compacted) {
        throw new StoreDamagedError(this.file, "another process has compacted it meanwhile");
      }
      // Never the newest row, so that the log itself always shows the newest revision.
      this.#delete.run(compacted, head.revision);
      this.#writeHead(head);
      failpoint("store.beforeCompactionCommit");
    });
    this.#head = head;
    return compacted;
  }

  /** Pages that hold nothing. */
  get freePages(): number {
    return Number(this.#freePages.get()?.["freelist_count"]);
  }

  /** Gives pages that hold nothing back to the file system. */
  releasePages(count: number): void {
    this.#database.exec(`PRAGMA incremental_vacuum(${count})`);
  }

  #nextSlice(target: number, limit: { rows: number; bytes: number }): number {
    const oldest = this.#oldest.all(target, limit.rows);
    let bytes = 0;
    for (const row of oldest) {
      bytes += Number(row["size"]);
      if (bytes >= limit.bytes) return Number(row["superseded_by"]);
    }
    return oldest.length < limit.rows ? target : Number(oldest.at(-1)!["superseded_by"]);
  }

  damaged(revision: number, what: string): StoreDamagedError {
    return new StoreDamagedError(this.file, `row ${revision} of table log: ${what}`);
  }

  #verified(row: Row): LogRecord {
    const record = recordOf(row);
    if (!record) throw this.damaged(Number(row["rev"]), "its checksum is wrong");
    return record;
  }
}

const valuesOf = ({ group, plural, namespace }: Scope): Value[] => [
  group,
  plural,
  namespace ?? null,
  namespace ?? null,
];

/** Makes the one row of table `store`. */
export function writeFirstHead(database: Database, id: string): void {
  const head: Head = { id, revision: 0, compacted: 0, live: 0 };
  database
    .prepare("INSERT INTO store (one, id, revision, compacted, live, checksum) VALUES (1, ?, 0, 0, 0, ?)")
    .run(id, headChecksumOf(head));
}

function readHead(database: Database, file: string): Head {
  const row = database.prepare("SELECT id, revision, compacted, live, checksum FROM store").get();
  if (!row) throw new StoreDamagedError(file, "table store is empty");
  const head: Head = {
    id: String(row["id"]),
    revision: Number(row["revision"]),
    compacted: Number(row["compacted"]),
    live: Number(row["live"]),
  };
  if (headChecksumOf(head) !== row["checksum"]) {
    throw new StoreDamagedError(file, "the checksum of table store is wrong");
  }
  return head;
}

const headChecksumOf = ({ id, revision, compacted, live }: Head): number =>
  crc32([id, revision, compacted, live].join("\0"));
