import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { MAX_FRAME_BYTES, type SetOperation } from "../../apis/fastpush.ts";
import { Lock } from "../lock.ts";
import { framesIn, type Frame } from "./frames.ts";
import { BadSetError, operationOf } from "./operations.ts";
import { StagedFile } from "./staged-file.ts";
import type { SetState } from "./state.ts";

const inflated = promisify(inflate);
const COPY_BYTES = 16;
const MAX_OPERATIONS = 500_000;

/** What came: a set, and what to commit it with if that came along. */
export interface Received {
  readonly commit: Buffer | undefined;
}

/** A set that is here in full, verified, and that nobody sees yet. */
export interface StagedSet {
  readonly revision: string;
  readonly operations: readonly SetOperation[];
}

/** Takes one set after the other; a new one drops what is left of the one before. */
export class Stage {
  readonly #root: string;
  readonly #state: SetState;
  #staged: StagedSet | undefined;
  readonly #lock = new Lock();
  #receiving: Readable | undefined;

  constructor(root: string, state: SetState) {
    this.#root = root;
    this.#state = state;
  }

  /** @throws BadSetError, or what the system says: then nothing of it is left. */
  async receive(revision: string, source: Readable): Promise<Received> {
    // Whoever sends another set has given this one up.
    this.#receiving?.destroy();
    this.#receiving = source;
    return this.#lock.run(() => this.#receive(revision, source));
  }

  /** Works on what is staged, while nothing else comes; then it is gone. @param work gets undefined if it is another set. */
  use<T>(revision: string, work: (staged: StagedSet | undefined) => Promise<T>): Promise<T> {
    return this.#lock.run(async () => {
      const isThis = this.#staged?.revision === revision;
      try {
        return await work(isThis ? this.#staged : undefined);
      } finally {
        if (isThis) this.clear();
      }
    });
  }

  /** Nothing is staged. */
  clear(): void {
    this.#staged = undefined;
    this.#state.clearStage();
  }

  async #receive(revision: string, source: Readable): Promise<Received> {
    this.clear();
    const receiver = new Receiver(this.#root, this.#state.stage);
    try {
      const bytes = source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
      for await (const frame of framesIn(bytes)) await receiver.take(frame);
      this.#staged = { revision, operations: receiver.finished() };
      return receiver;
    } catch (error) {
      await receiver.drop();
      this.clear();
      throw error;
    } finally {
      if (this.#receiving === source) this.#receiving = undefined;
    }
  }
}

class Receiver implements Received {
  readonly #root: string;
  readonly #stage: string;
  readonly #operations: SetOperation[] = [];
  commit: Buffer | undefined;
  #file: StagedFile | undefined;

  constructor(root: string, stage: string) {
    this.#root = root;
    this.#stage = stage;
  }

  async take({ type, body }: Frame): Promise<void> {
    if (this.commit) throw new BadSetError("something comes after the commit");
    if (type === "O") return this.#begin(operationOf(body));
    if (type === "K") return void (this.commit = Buffer.from(body));
    const file = this.#file;
    if (!file) throw new BadSetError("content without a file");
    if (type === "D") await file.append(Buffer.from(body));
    else if (type === "Z") await file.append(await unpacked(body, file));
    else if (type === "C") await file.copy(this.#root, file.operation.path, rangeOf(body, file));
    else throw new BadSetError(`unknown frame ${JSON.stringify(type)}`);
    await this.#finishIfWhole();
  }

  finished(): readonly SetOperation[] {
    if (this.#file) throw new BadSetError(`${this.#file.operation.path}: incomplete`);
    return this.#operations;
  }

  async drop(): Promise<void> {
    await this.#file?.drop();
  }

  async #begin(operation: SetOperation): Promise<void> {
    if (this.#file) throw new BadSetError(`${this.#file.operation.path}: incomplete`);
    if (this.#operations.length >= MAX_OPERATIONS) throw new BadSetError("more operations than are taken");
    this.#operations.push(operation);
    if (operation.type !== "put") return;
    const name = join(this.#stage, String(this.#operations.length - 1));
    this.#file = new StagedFile(name, operation);
    if (operation.from !== undefined)
      await this.#file.copy(this.#root, operation.from, { offset: 0, length: operation.size });
    await this.#finishIfWhole();
  }

  async #finishIfWhole(): Promise<void> {
    if (!this.#file?.isWhole) return;
    await this.#file.finish();
    this.#file = undefined;
  }
}

async function unpacked(body: Buffer, { operation }: StagedFile): Promise<Buffer> {
  try {
    return await inflated(body, { maxOutputLength: MAX_FRAME_BYTES });
  } catch (error) {
    throw new BadSetError(`${operation.path}: content cannot be inflated`, { cause: error });
  }
}

function rangeOf(body: Buffer, { operation }: StagedFile): { offset: number; length: number } {
  if (body.length !== COPY_BYTES) throw new BadSetError(`${operation.path}: a copy without a range`);
  const [offset, length] = [Number(body.readBigUInt64BE(0)), Number(body.readBigUInt64BE(8))];
  if (offset + length > Number.MAX_SAFE_INTEGER)
    throw new BadSetError(`${operation.path}: a copy of too much`);
  return { offset, length };
}
