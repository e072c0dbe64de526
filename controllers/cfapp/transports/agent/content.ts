import { promisify } from "node:util";
import { deflate, constants } from "node:zlib";
import { deltaOf, type Put } from "../../sync/index.ts";
import type { SyncSet } from "../transport.ts";
import { encodeFrame } from "./frames.ts";

const compressed = promisify(deflate);

const FRAME_BYTES = 256 * 1024;
/** Less is not worth the work. */
const MIN_DEFLATED = 200;

/** The frames of what a file holds. @throws what reading it says. */
export async function* contentFrames(put: Put, set: SyncSet): AsyncGenerator<Buffer, void, void> {
  const chunks = put.base && set.chunks?.(put.path);
  if (!chunks) return yield* dataFrames(set.read(put.path));
  const source = new Skipping(set.read(put.path));
  for (const { type, offset, length } of deltaOf(chunks.base, chunks.next)) {
    if (type === "copy") {
      source.skip(length);
      yield copyFrame(offset, length);
    } else yield* dataFrames(source.take(length));
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
