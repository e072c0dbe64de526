import { promisify } from "node:util";
import { deflate, constants } from "node:zlib";
import { deltaOf, type Operation, type Put } from "../../../sync/index.ts";
import type { SyncSet } from "../transport.ts";
import { encodeFrame } from "./frames.ts";

const compressed = promisify(deflate);

const FRAME_BYTES = 256 * 1024;
/** Less is not worth the work. */
const MIN_DEFLATED = 200;

/** Files that are read before it is their turn, and how large they may be: opening one takes longer than sending it. */
const AHEAD = 32;
const SMALL_BYTES = 64 * 1024;
const MAX_GROWN = 1024 * 1024;

/** An operation of a set with what belongs to it. */
export interface Part {
  readonly operation: Operation;
  /** Undefined if no content has to be sent. */
  readonly content: AsyncIterable<Buffer> | undefined;
}

/** The operations of a set in order, with their content. @throws what reading a file says, when it is its turn. */
export function* partsOf(set: SyncSet): Generator<Part, void, void> {
  const { operations } = set.plan;
  const ahead: Part[] = [];
  let next = 0;
  for (;;) {
    while (next < operations.length && ahead.length < AHEAD) ahead.push(partOf(operations[next++]!, set));
    const part = ahead.shift();
    if (!part) return;
    yield part;
  }
}

function partOf(operation: Operation, set: SyncSet): Part {
  if (operation.type !== "put" || operation.from !== undefined) return { operation, content: undefined };
  const isSmall = operation.entry.size <= SMALL_BYTES;
  return { operation, content: isSmall ? readNow(operation, set) : contentFrames(operation, set) };
}

/** Begins to read at once. */
function readNow(put: Put, set: SyncSet): AsyncIterable<Buffer> {
  const all = gathered(put, set);
  // It may be that nobody comes to ask.
  all.catch(() => undefined);
  return (async function* () {
    yield* await all;
  })();
}

async function gathered(put: Put, set: SyncSet): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  let left = put.entry.size;
  for await (const frame of contentFrames(put, set)) {
    frames.push(frame);
    // It has grown: that is for the other side to see, but not for us to hold.
    if ((left -= frame.length) < -MAX_GROWN) break;
  }
  return frames;
}

/** The frames of what a file holds. @throws what reading it says. */
export async function* contentFrames(put: Put, set: SyncSet): AsyncGenerator<Buffer, void, void> {
  const chunks = put.base && set.chunks?.(put.path);
  if (!chunks) return yield* dataFrames(set.read(put.path));
  const source = new Skipping(set.read(put.path));
  try {
    for (const { type, offset, length } of deltaOf(chunks.base, chunks.next)) {
      if (type === "copy") {
        source.skip(length);
        yield copyFrame(offset, length);
      } else yield* dataFrames(source.take(length));
    }
  } finally {
    await source.close();
  }
}

async function* dataFrames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  for await (const piece of bytes)
    for (let at = 0; at < piece.length; at += FRAME_BYTES)
      yield dataFrame(piece.subarray(at, at + FRAME_BYTES));
}

async function dataFrame(bytes: Uint8Array): Promise<Buffer> {
  if (bytes.length < MIN_DEFLATED) return encodeFrame("D", bytes);
  const small = await compressed(bytes, { level: constants.Z_BEST_SPEED });
  return small.length < bytes.length ? encodeFrame("Z", small) : encodeFrame("D", bytes);
}

function copyFrame(offset: number, length: number): Buffer {
  const body = Buffer.allocUnsafe(16);
  body.writeBigUInt64BE(BigInt(offset), 0);
  body.writeBigUInt64BE(BigInt(length), 8);
  return encodeFrame("C", body);
}

/** Reads parts of a stream, in order, and passes over others. */
class Skipping {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #toSkip = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  skip(length: number): void {
    this.#toSkip += length;
  }

  /** What is left is not read. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async *take(length: number): AsyncGenerator<Uint8Array, void, void> {
    for (let left = length; left > 0;) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) return;
        this.#rest = value;
      }
      const skipped = Math.min(this.#toSkip, this.#rest.length);
      this.#toSkip -= skipped;
      const piece = this.#rest.subarray(skipped, skipped + left);
      this.#rest = this.#rest.subarray(skipped + piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
}
