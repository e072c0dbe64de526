import { expired, type StatusError } from "../../apis/errors.ts";
import type { Outlet } from "../http/outlet.ts";
import type { Batch } from "./channels.ts";
import type { Sink } from "./feed.ts";
import {
  type Asked,
  bookmarkFrame,
  bookmarkOf,
  errorFrame,
  frameOf,
  frameWithColumns,
  framesOf,
  type View,
  viewOf,
} from "./frames.ts";

interface OutletLimits {
  /** A watcher with more unsent than this gets nothing more until it has read. */
  maxUnsentBytes: number;
  /** How long it may take to read before it is ended. */
  stallMs: number;
}

/** While the past is sent, reading it stops above this, so that memory does not grow with the history. */
const PAUSE_ABOVE_BYTES = 256 * 1024;

/** Writes the events of a watch to its client. Never waits: what is not read is bounded instead. */
export class OutletSink implements Sink {
  readonly #outlet: Outlet;
  readonly #view: View;
  readonly #limits: OutletLimits;
  #needsColumns: boolean;

  constructor(outlet: Outlet, asked: Asked, limits: OutletLimits) {
    this.#outlet = outlet;
    this.#view = viewOf(asked);
    this.#limits = limits;
    this.#needsColumns = asked.as === "table";
  }

  get isFull(): boolean {
    return this.#outlet.unsentBytes > this.#limits.maxUnsentBytes;
  }

  send(batch: Batch): void {
    if (!this.#needsColumns && !this.#outlet.hasMessages) {
      return this.#outlet.write(framesOf(batch, this.#view));
    }
    for (const change of batch.changes) {
      this.#write(this.#needsColumns ? frameWithColumns(change, this.#view) : frameOf(change, this.#view));
    }
  }

  bookmark(revision: number, isInitialEnd: boolean): void {
    const bookmark = bookmarkOf(this.#view.kind, revision, isInitialEnd);
    this.#write(bookmarkFrame(bookmark, this.#view, this.#needsColumns));
  }

  /** Tells why the watch is over (rule 89). */
  fail(error: StatusError): void {
    this.#write(errorFrame(error));
  }

  /** What tells messages apart is not part of them. */
  #write(line: Buffer): void {
    this.#needsColumns = false;
    this.#outlet.write(this.#outlet.hasMessages ? line.subarray(0, -1) : line);
  }

  /** @throws StatusError `Expired` if the client does not read. */
  async ready(): Promise<void> {
    const isReady = () => this.#outlet.unsentBytes <= PAUSE_ABOVE_BYTES || this.#outlet.isClosed;
    if (isReady()) return;
    await this.#outlet.drained(AbortSignal.timeout(this.#limits.stallMs));
    if (!isReady()) throw expired("the watcher reads too slowly");
  }
}
