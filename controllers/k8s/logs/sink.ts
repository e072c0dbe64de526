import { once } from "node:events";
import { PassThrough } from "node:stream";
import {
  logDirectoryIn,
  logDirectoryOf,
  type LogOwner,
  LogWriter,
  newestRunIn,
  removeLogDirectory,
} from "../../runtime/index.ts";

/** Where the output of one object goes: our own lines, and those of its pods. */
export class LogSink {
  readonly #directory: string;
  readonly #output = new PassThrough();
  readonly #writer: Promise<LogWriter>;

  /** @param stateDirectory - Below it are the logs of all objects. */
  constructor(stateDirectory: string, owner: LogOwner) {
    this.#directory = logDirectoryOf(logDirectoryIn(stateDirectory), owner);
    this.#writer = this.#open();
  }

  /** A line of our own. */
  note(text: string): void {
    void this.#writer.then((writer) => writer.note(text));
  }

  /** Whole lines of output. Resolves when there is room for more. */
  async write(lines: Uint8Array | string, signal: AbortSignal): Promise<void> {
    if (this.#output.writableEnded || this.#output.write(lines)) return;
    await once(this.#output, "drain", { signal }).catch(() => undefined);
  }

  /** Nothing more comes. `isGone`: nor is what there is wanted any more. */
  async close(isGone = false): Promise<void> {
    this.#output.end();
    await (await this.#writer).close();
    if (isGone) await removeLogDirectory(this.#directory);
  }

  /** What an earlier tiltish has written stays as it is: this is a run of its own. */
  async #open(): Promise<LogWriter> {
    const run = (await newestRunIn(this.#directory)) + 1;
    const writer = new LogWriter({ directory: this.#directory, run });
    writer.attach(this.#output, "stdout");
    return writer;
  }
}
