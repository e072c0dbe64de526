import type { ServerResponse } from "node:http";
import { expired } from "../../apis/errors.ts";
import type { Batch } from "./channels.ts";
import type { Sink } from "./feed.ts";
import { bookmarkFrame, bookmarkOf, framesOf, framesWithColumns, type View } from "./frames.ts";

interface ResponseLimits {
  /** A watcher with more unsent than this gets nothing more until it has read. */
  maxUnsentBytes: number;
  /** How long it may take to read before it is ended. */
  stallMs: number;
}

/** While the past is sent, reading it stops above this, so that memory does not grow with the history. */
const PAUSE_ABOVE_BYTES = 256 * 1024;

/** Writes the events of a watch to an HTTP response. Never waits: what is not read is bounded instead. */
export class ResponseSink implements Sink {
  readonly #response: ServerResponse;
  readonly #view: View;
  readonly #limits: ResponseLimits;
  #needsColumns: boolean;

  constructor(response: ServerResponse, view: View, limits: ResponseLimits) {
    this.#response = response;
    this.#view = view;
    this.#limits = limits;
    this.#needsColumns = view.as === "table";
  }

  get isFull(): boolean {
    return this.#response.writableLength > this.#limits.maxUnsentBytes;
  }

  send(batch: Batch): void {
    const frames = this.#needsColumns ? framesWithColumns(batch, this.#view) : framesOf(batch, this.#view);
    this.#needsColumns = false;
    this.#response.write(frames);
  }

  bookmark(revision: number, isInitialEnd: boolean): void {
    const bookmark = bookmarkOf(this.#view.kind, revision, isInitialEnd);
    this.#response.write(bookmarkFrame(bookmark, this.#view, this.#needsColumns));
    this.#needsColumns = false;
  }

  /** @throws StatusError `Expired` if the client does not read. */
  async ready(): Promise<void> {
    const response = this.#response;
    if (response.writableLength <= PAUSE_ABOVE_BYTES || response.destroyed) return;
    const { promise, settle } = drainOf(response);
    const stalled = setTimeout(() => settle(expired("the watcher reads too slowly")), this.#limits.stallMs);
    try {
      await promise;
    } finally {
      clearTimeout(stalled);
    }
  }
}

function drainOf(response: ServerResponse) {
  let settle!: (error?: Error) => void;
  const promise = new Promise<void>((resolve, reject) => {
    const done = () => settle();
    response.once("drain", done);
    response.once("close", done);
    settle = (error) => {
      response.off("drain", done);
      response.off("close", done);
      if (error) reject(error);
      else resolve();
    };
  });
  return { promise, settle };
}
