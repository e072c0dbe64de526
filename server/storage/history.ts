import { expired } from "../../apis/errors.ts";
import { typeOf } from "./batch.ts";
import { compareKeys } from "./collection.ts";
import type { Collections } from "./collections.ts";
import type { Log } from "./log.ts";
import type { LogRecord } from "./record.ts";
import type { Changes, Scope, Stored, StoreEvent } from "./types.ts";

/** Revisions looked at in one go: bounds how long a search for rare changes holds up everything else. */
const WINDOW = 5_000;

/** Views of the log at, and since, revisions that are not the newest. */
export class History {
  readonly #log: Log;
  readonly #current: Collections;

  constructor(log: Log, current: Collections) {
    this.#log = log;
    this.#current = current;
  }

  /** What was there at `revision`: what is still so, and what has been superseded since. */
  listAt(scope: Scope, revision: number): Stored[] {
    this.#assertKept(revision);
    const current = this.#current.list(scope);
    if (revision >= this.#log.head.revision) return current;
    const superseded = this.#log.supersededSince(scope, revision).map(({ stored }) => stored);
    const unchanged = current.filter((stored) => stored.revision <= revision);
    return [...unchanged, ...superseded].toSorted((a, b) => compareKeys(a.key, b.key));
  }

  changesSince(scope: Scope, revision: number, limit: number): Changes {
    this.#assertKept(revision);
    const through = Math.min(this.#log.head.revision, revision + WINDOW);
    const records = this.#log.range({ scope, revision, through, limit });
    const events = records.map((record) => this.#eventOf(record));
    const isCut = events.length === limit;
    return { events, through: isCut ? (events.at(-1)?.revision ?? revision) : Math.max(through, revision) };
  }

  #eventOf(record: LogRecord): StoreEvent {
    const { stored, operation } = record;
    const { revision } = stored;
    const type = typeOf(operation);
    if (type === "ADDED") return { type, revision, stored };
    return { type, revision, stored, previous: this.#log.supersededBy(revision).stored };
  }

  #assertKept(revision: number): void {
    const { compacted } = this.#log.head;
    if (revision < compacted) throw expired(`too old resource version: ${revision} (${compacted})`);
  }
}
