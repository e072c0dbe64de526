import { open, type FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { LineEncoder, type StreamName } from "./cri.ts";
import { createLogDirectory, logFileOf, pruneLogFiles, RETENTION, type Retention } from "./files.ts";
import { logHub } from "./hub.ts";

/** Beyond this much that the disk has not taken yet, the pipes are not read: then the process waits, not we grow. */
const HIGH_WATER = 1024 * 1024;
/** A line without an end, such as a prompt, is written after this time. */
const PARTIAL_AFTER_MS = 100;

interface Output {
  stream: Readable;
  encoder: LineEncoder;
  /** Runs while a line has begun and not ended. */
  partialTimer?: NodeJS.Timeout;
}

interface LogWriterOptions {
  directory: string;
  run: number;
  limits?: Retention;
  /** When the log of the run before is complete. A reader may then move on to this one. */
  after?: Promise<void>;
}

/** Writes the log of one run. It never throws: a full disk costs lines, and not the process. */
export class LogWriter {
  readonly #directory: string;
  readonly #run: number;
  readonly #limits: Retention;
  readonly #after: Promise<void>;
  readonly #outputs: Output[] = [];
  readonly #notes = new LineEncoder("stderr");
  #file: FileHandle | undefined;
  #fileBytes = 0;
  #part = -1;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #lostBytes = 0;
  #isPaused = false;
  #writing: Promise<void> | undefined;

  constructor({ directory, run, limits = RETENTION, after = Promise.resolve() }: LogWriterOptions) {
    this.#directory = directory;
    this.#run = run;
    this.#limits = limits;
    this.#after = after;
    logHub.begin(directory, run);
    this.#startWriting(); // the file tells readers that there is a new run, even before it says something
  }

  /** Takes over a stream of the process. `observe` sees its bytes too. */
  attach(stream: Readable, name: StreamName, observe?: (chunk: Buffer) => void): void {
    const output: Output = { stream, encoder: new LineEncoder(name) };
    this.#outputs.push(output);
    stream.on("data", (chunk: Buffer) => {
      this.#append(output.encoder.push(chunk, Date.now()));
      this.#awaitEnd(output, chunk.includes("\n"));
      observe?.(chunk);
    });
    stream.on("error", () => undefined);
  }

  /** A line of our own among those of the process. */
  note(text: string): void {
    this.#append(this.#notes.push(Buffer.from(`[tiltish] ${text}\n`), Date.now()));
  }

  /** Resolves when all that the process has written is in the file, but waits no longer than `timeoutMs` for its end. */
  async close(timeoutMs = 1_000): Promise<void> {
    await this.#drained(timeoutMs);
    for (const { stream } of this.#outputs) stream.destroy();
    for (const output of this.#outputs) this.#flushPartial(output);
    while (this.#writing) await this.#writing;
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
    logHub.end(this.#directory, this.#run);
  }

  /** Somebody who has left the tree may still hold the other end of a pipe. */
  async #drained(timeoutMs: number): Promise<void> {
    const open = this.#outputs.filter(({ stream }) => !stream.closed && !stream.readableEnded);
    const ends = open.map(({ stream }) => new Promise((resolve) => stream.once("close", resolve)));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([Promise.all(ends), timeout]);
    clearTimeout(timer);
  }

  #append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > HIGH_WATER) this.#pause();
    this.#startWriting();
  }

  #startWriting(): void {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** The time counts from where the line began: a flood, cut into chunks, has no line that waits long for its end. */
  #awaitEnd(output: Output, isNewLine: boolean): void {
    if (isNewLine || !output.encoder.hasRest) {
      clearTimeout(output.partialTimer);
      output.partialTimer = undefined;
    }
    if (output.encoder.hasRest)
      output.partialTimer ??= setTimeout(() => this.#flushPartial(output), PARTIAL_AFTER_MS);
  }

  #flushPartial(output: Output): void {
    clearTimeout(output.partialTimer);
    output.partialTimer = undefined;
    this.#append(output.encoder.flush(Date.now()));
  }

  async #write(): Promise<void> {
    await this.#after; // also lets both streams deliver what they have in this turn
    do {
      const batch = Buffer.concat(this.#pending);
      this.#pending = [];
      this.#pendingBytes = 0;
      await this.#store(batch);
      this.#resume();
      logHub.notify(this.#directory);
    } while (this.#pending.length > 0);
  }

  async #store(batch: Buffer): Promise<void> {
    try {
      const file = await this.#fileFor(batch.length);
      if (this.#lostBytes > 0) await this.#confess(file);
      if (batch.length > 0) await file.appendFile(batch);
      this.#fileBytes += batch.length;
    } catch {
      this.#lostBytes += batch.length;
    }
  }

  async #confess(file: FileHandle): Promise<void> {
    const text = `[tiltish] ${this.#lostBytes} bytes of output are missing here: the disk did not take them\n`;
    const note = this.#notes.push(Buffer.from(text), Date.now());
    // The last write may have got half-way: begin a new line.
    await file.appendFile(Buffer.concat([Buffer.from("\n"), note]));
    this.#lostBytes = 0;
  }

  async #fileFor(bytes: number): Promise<FileHandle> {
    const isFull = this.#fileBytes > 0 && this.#fileBytes + bytes > this.#limits.fileBytes;
    if (this.#file && !isFull) return this.#file;
    await this.#file?.close();
    this.#file = undefined;
    await createLogDirectory(this.#directory);
    const { path } = logFileOf(this.#directory, this.#run, this.#part + 1);
    this.#file = await open(path, "a", 0o600);
    this.#part++;
    this.#fileBytes = 0;
    await pruneLogFiles(this.#directory, this.#limits);
    return this.#file;
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    for (const { stream } of this.#outputs) stream.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const { stream } of this.#outputs) stream.resume();
  }
}
