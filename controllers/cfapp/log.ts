import { PassThrough } from "node:stream";
import {
  logDirectoryIn,
  logDirectoryOf,
  logHub,
  type LogOwner,
  LogWriter,
  newestRunIn,
  removeLogDirectory,
} from "../runtime/index.ts";

/** Of all that a sync writes, this is kept. */
const LIMITS = { fileBytes: 1024 * 1024, files: 3, runs: 5 };
const LONGEST_LINE = 4_000;
/** What is not on the disk yet; a disk that takes nothing costs lines, and not memory. */
const MAX_WAITING = 1_000;

/**
 * What a sync has done, for its `log` subresource: a run of the log is the life of one server. What is an Event, too,
 * is marked as a note of ours.
 */
export class SyncLog {
  readonly #directory: string;
  readonly #lines = new PassThrough();
  #writer: Promise<LogWriter> | undefined;
  #isClosed = false;

  constructor(stateDirectory: string, owner: LogOwner) {
    this.#directory = logDirectoryOf(logDirectoryIn(stateDirectory), owner);
  }

  get isFollowed(): boolean {
    return logHub.isFollowed(this.#directory);
  }

  note(text: string): void {
    this.#write(text, "[tiltish] ");
  }

  lines(text: string): void {
    if (text.trim() !== "") this.#write(text.trimEnd(), "");
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#lines.end();
    await (await this.#writer)?.close();
  }

  /** Its object is deleted, and what was written goes with it. */
  async remove(): Promise<void> {
    await this.close();
    await removeLogDirectory(this.#directory).catch(() => undefined); // what stays is only a log
    logHub.notify(this.#directory);
  }

  /** Nothing is opened for who never says anything. */
  #write(text: string, mark: string): void {
    if (this.#isClosed) return;
    this.#writer ??= this.#open();
    if (this.#lines.readableLength > MAX_WAITING * LONGEST_LINE) return;
    const lines = text.split("\n").map((line) => `${mark}${line.slice(0, LONGEST_LINE)}\n`);
    this.#lines.write(lines.join(""));
  }

  async #open(): Promise<LogWriter> {
    const run = (await newestRunIn(this.#directory)) + 1;
    const writer = new LogWriter({ directory: this.#directory, run, limits: LIMITS });
    writer.attach(this.#lines, "stdout");
    return writer;
  }
}
