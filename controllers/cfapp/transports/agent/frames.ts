/** A message: one letter, and bytes. On the wire: the letter, the length in 32 bits (big endian), the bytes. */
export interface Frame {
  readonly type: string;
  readonly body: Buffer;
}

const HEAD_BYTES = 5;
/** The agent refuses what is longer. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export function encodeFrame(type: string, body: Uint8Array | string = ""): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.write(type, 0, "latin1");
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Fields of a frame: none of them can hold a NUL, for no path can. */
export const fields = (...values: readonly (string | number)[]): string => values.join("\0");

/** Puts frames together from bytes, however they are cut. */
export class FrameDecoder {
  #pending: Buffer = Buffer.alloc(0);

  /** @throws Error if what comes is no frame: then whoever speaks is no agent. */
  push(bytes: Uint8Array): Frame[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes]);
    const frames: Frame[] = [];
    while (this.#pending.length >= HEAD_BYTES) {
      const length = this.#pending.readUInt32BE(1);
      if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes: this is no agent`);
      if (this.#pending.length < HEAD_BYTES + length) break;
      const type = this.#pending.toString("latin1", 0, 1);
      frames.push({ type, body: this.#pending.subarray(HEAD_BYTES, HEAD_BYTES + length) });
      this.#pending = this.#pending.subarray(HEAD_BYTES + length);
    }
    return frames;
  }
}
