import { createHash } from "node:crypto";

/** A part of a file whose borders depend on its content, so that they move along when something is put before it. */
export interface Chunk {
  readonly offset: number;
  readonly length: number;
  /** 128 bits of its SHA-256, in hex. What is built of chunks is verified as a whole. */
  readonly hash: string;
}

const MIN = 4 * 1024;
const MAX = 64 * 1024;
/** A border comes every 16 KiB on average: 14 bits of the fingerprint are zero. */
const MASK = 0xfffc_0000 | 0;
const HASH_HEX = 32;

/** A random number for every byte, the same on every machine. */
const GEAR = Int32Array.from({ length: 256 }, (_, byte) =>
  createHash("sha256").update(Uint8Array.of(byte)).digest().readInt32LE(0),
);

/** Cuts a stream of bytes into chunks. */
export async function chunksOf(source: AsyncIterable<Uint8Array>): Promise<Chunk[]> {
  const chunker = new Chunker();
  for await (const piece of source) chunker.push(piece);
  return chunker.end();
}

/** The same for whoever has the bytes pass by. */
export class Chunker {
  readonly #chunks: Chunk[] = [];
  #pending: Uint8Array = new Uint8Array(0);
  #offset = 0;

  push(piece: Uint8Array): void {
    this.#pending = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece]);
    // Less than this may not hold the next border.
    while (this.#pending.length >= MAX) this.#take(borderOf(this.#pending));
  }

  end(): Chunk[] {
    while (this.#pending.length > 0) this.#take(borderOf(this.#pending));
    return this.#chunks;
  }

  #take(length: number): void {
    const hash = hashOf(this.#pending.subarray(0, length));
    this.#chunks.push({ offset: this.#offset, length, hash });
    this.#pending = this.#pending.subarray(length);
    this.#offset += length;
  }
}

/** Length of the first chunk of these bytes. */
function borderOf(bytes: Uint8Array): number {
  const end = Math.min(bytes.length, MAX);
  let fingerprint = 0;
  for (let at = Math.min(MIN, end); at < end; at++) {
    // Each byte stays in the fingerprint for the next 32.
    fingerprint = ((fingerprint << 1) + GEAR[bytes[at]!]!) | 0;
    if ((fingerprint & MASK) === 0) return at + 1;
  }
  return end;
}

const hashOf = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, HASH_HEX);
