import { createHash } from "node:crypto";
import { chmodSync, closeSync, constants, openSync, read, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import type { SetOperation } from "../../apis/fastpush.ts";
import { enter } from "../files/enter.ts";
import { BadSetError } from "./operations.ts";

export type PutOperation = Extract<SetOperation, { type: "put" }>;

const BUFFER_BYTES = 256 * 1024;
const MODE = 0o600;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const readFrom = promisify(read);

/** A file of a set on its way: written, and hashed as it comes. */
export class StagedFile {
  readonly operation: PutOperation;
  readonly #file: string;
  /** Of one that comes in parts. */
  #handle: FileHandle | undefined;
  /** All of one that came at once: waiting for each step of writing it would take longer than to write it. */
  #whole: Buffer | undefined;
  readonly #digest = createHash("sha256");
  #left: number;

  /** @param file - Where it is kept; nothing is there yet. */
  constructor(file: string, operation: PutOperation) {
    this.#file = file;
    this.operation = operation;
    this.#left = operation.size;
  }

  get isWhole(): boolean {
    return this.#left === 0;
  }

  async append(bytes: Buffer): Promise<void> {
    if ((this.#left -= bytes.length) < 0) throw new BadSetError(`${this.operation.path}: more than its size`);
    this.#digest.update(bytes);
    if (!this.#handle && this.#left === 0 && bytes.length <= BUFFER_BYTES) return void (this.#whole = bytes);
    this.#handle ??= await open(this.#file, "wx", MODE);
    for (let at = 0; at < bytes.length;)
      at += (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten;
  }

  /** Takes a part of a file that is there already. */
  async copy(
    root: string,
    path: string,
    { offset, length }: { offset: number; length: number },
  ): Promise<void> {
    const source = openBelow(root, path);
    try {
      const buffer = Buffer.allocUnsafe(Math.min(BUFFER_BYTES, length));
      for (let [at, left] = [offset, length]; left > 0;) {
        const { bytesRead } = await readFrom(source, buffer, 0, Math.min(buffer.length, left), at);
        if (bytesRead === 0) throw new BadSetError(`${path}: shorter than it was`);
        await this.append(Buffer.from(buffer.subarray(0, bytesRead)));
        at += bytesRead;
        left -= bytesRead;
      }
    } finally {
      closeSync(source);
    }
  }

  /** @throws BadSetError if it is not what it should be. */
  async finish(): Promise<void> {
    const { path, hash, mode } = this.operation;
    if (this.#digest.digest("hex") !== hash) throw new BadSetError(`${path}: arrived damaged`);
    if (!this.#handle) writeFileSync(this.#file, this.#whole ?? "", { flag: "wx", mode: MODE });
    await this.#handle?.close();
    chmodSync(this.#file, mode);
  }

  async drop(): Promise<void> {
    await this.#handle?.close().catch(() => undefined);
  }
}

function openBelow(root: string, path: string): number {
  try {
    return enter(root, path, (at) => openSync(at, FLAGS));
  } catch (error) {
    throw new BadSetError(`${path}: cannot be taken as it is there: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
