import type { Database } from "./driver.ts";
import { Collections } from "./collections.ts";
import { compareKeys } from "./collection.ts";
import type { Log } from "./log.ts";
import { idOf, recordOf, type LogRecord } from "./record.ts";

/** What a complete reading of the log says. */
export interface Recovered {
  readonly current: Collections;
  /** When the newest row was written; 0 for an empty log. */
  readonly timeMs: number;
}

interface Entry extends LogRecord {
  readonly supersededBy: number | null;
}

/**
 * Reads the whole log, and refuses it unless it is exactly what was written.
 *
 * A checksum per row finds changed rows. Lost, doubled and resurrected rows are found by what ties rows together:
 * revisions after the compacted one have no gaps, each row of an object is superseded by the next, and the number of
 * objects is known. The index is compared as well, because history is read through it.
 *
 * @throws StoreDamagedError naming the row.
 */
export function recover(database: Database, log: Log): Recovered {
  const reader = new Reader(log);
  for (const row of database.prepare("SELECT * FROM log ORDER BY rev").iterate()) {
    const record = recordOf(row);
    if (!record) throw log.damaged(Number(row["rev"]), "its checksum is wrong");
    const supersededBy = row["superseded_by"];
    reader.read({ ...record, supersededBy: supersededBy == null ? null : Number(supersededBy) });
  }
  const recovered = reader.end();
  assertIndex(database, log, reader.superseded);
  return recovered;
}

class Reader {
  readonly superseded = new Map<number, number>();
  readonly #log: Log;
  readonly #newest = new Map<string, Entry>();
  #last = 0;
  #timeMs = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  read(entry: Entry): void {
    const { revision, key } = entry.stored;
    this.#assertNoGap(revision);
    const id = idOf(key);
    this.#assertFollows(entry, this.#newest.get(id));
    if (entry.operation === "delete") this.#newest.delete(id);
    else this.#newest.set(id, entry);
    if (entry.supersededBy !== null) this.superseded.set(revision, entry.supersededBy);
    this.#last = revision;
    this.#timeMs = entry.timeMs;
  }

  end(): Recovered {
    const { head } = this.#log;
    if (this.#last !== head.revision) throw this.#log.damaged(head.revision, "it is not there");
    const live = [...this.#newest.values()];
    const hidden = live.find(({ supersededBy }) => supersededBy !== null);
    if (hidden) throw this.#log.damaged(hidden.stored.revision, "what superseded it is not there");
    if (live.length !== head.live) {
      throw this.#log.damaged(head.compacted, `${live.length} objects were found, not ${head.live}`);
    }
    return { current: collectionsOf(live), timeMs: this.#timeMs };
  }

  #assertNoGap(revision: number): void {
    const { compacted } = this.#log.head;
    const expected = Math.max(this.#last, compacted) + 1;
    if (revision > expected) throw this.#log.damaged(expected, "it is not there");
  }

  #assertFollows({ stored, operation, supersededBy }: Entry, previous: Entry | undefined): void {
    const { revision } = stored;
    const { compacted } = this.#log.head;
    // Only what was superseded by then may have been forgotten.
    const isRooted = operation === "create" ? !previous : previous !== undefined || revision <= compacted;
    const isLinked = !previous || previous.supersededBy === revision;
    // Compaction spares the newest row, and so a deletion may stay behind that had just been made.
    const isForgotten = supersededBy !== null && supersededBy <= compacted && revision !== compacted;
    const isEnded = operation !== "delete" || supersededBy === revision;
    if (!isRooted || !isLinked || isForgotten || !isEnded) {
      throw this.#log.damaged(revision, "it does not follow from the rows before it");
    }
  }
}

function collectionsOf(live: Entry[]): Collections {
  const current = new Collections();
  // In order, so that each is added at the end of its collection.
  live.sort((a, b) => compareKeys(a.stored.key, b.stored.key));
  for (const { stored } of live) current.add(stored);
  return current;
}

function assertIndex(database: Database, log: Log, superseded: Map<number, number>): void {
  const entries = database.prepare(
    "SELECT rev, superseded_by FROM log INDEXED BY log_superseded WHERE superseded_by IS NOT NULL",
  );
  let count = 0;
  for (const { rev, superseded_by: by } of entries.iterate()) {
    count += 1;
    if (superseded.get(Number(rev)) !== by) throw log.damaged(Number(rev), "index log_superseded disagrees");
  }
  if (count !== superseded.size) throw log.damaged(0, "index log_superseded is incomplete");
}
