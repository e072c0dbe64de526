import { createHash } from "node:crypto";
import { closeSync, constants, openSync, read } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import type { SetOperation } from "../../apis/fastpush.ts";
import { enter } from "../files/enter.ts";
import { BadSetError } from "./operations.ts";

export type PutOperation = Extract<SetOperation, { type: "put" }>;

const BUFFER_BYTES = 256 * 1024;
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const readFrom = promisify(read);

/** A file of a set on its way: written, and hashed as it comes. */
export class StagedFile {
  readonly operation: PutOperation;
  readonly #handle: FileHandle;
  readonly #digest = createHash("sha256");
  #left: number;

  private constructor(operation: PutOperation, handle: FileHandle) {
    this.operation = operation;
    this.#handle = handle;
    this.#left = operation.size;
  }

  static async create(file: string, operation: PutOperation): Promise<StagedFile> {
    return new StagedFile(operation, await open(file, "wx", 0o600));
  }

  get isWhole(): boolean {
    return this.#left === 0;
  }

  async append(bytes: Buffer): Promise<void> {
    if ((this.#left -= bytes.length) < 0) throw new BadSetError(`${this.operation.path}: more than its size`);
    this.#digest.update(bytes);
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
    await this.#handle.chmod(mode);
    await this.#handle.close();
  }

  async drop(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
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
