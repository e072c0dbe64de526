import { expired } from "../../apis/errors.ts";
import { typeOf } from "./batch.ts";
import { compareKeys } from "./collection.ts";
import type { Collections } from "./collections.ts";
import type { Log } from "./log.ts";
import type { LogRecord } from "./record.ts";
import type { Changes, Scope, Stored, StoreEvent } from "./types.ts";

/** What is looked at in one go, so that a long history, or one of large objects, does not hold up everything else. */
const REVISIONS = 5_000;
const EVENTS = 1_000;
const BYTES = 1024 * 1024;

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
    const { revision: newest } = this.#log.head;
    const end = Math.max(revision, Math.min(newest, revision + REVISIONS));
    const range = { scope, revision, through: end, limit: Math.min(limit, EVENTS), bytes: BYTES };
    const records = this.#log.range(range);
    const size = records.reduce((sum, { stored }) => sum + stored.bytes.length, 0);
    const isCut = records.length >= range.limit || size >= BYTES;
    const through = isCut ? (records.at(-1)?.stored.revision ?? revision) : end;
    return { events: records.map((record) => this.#eventOf(record)), through };
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
