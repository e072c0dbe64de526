import { FRAME_HEAD_BYTES, MAX_FRAME_BYTES } from "../../apis/fastpush.ts";
import { BadSetError } from "./operations.ts";

export interface Frame {
  readonly type: string;
  readonly body: Buffer;
}

/** Cuts a stream of bytes into frames. @throws BadSetError */
export async function* framesIn(source: AsyncIterable<Buffer>): AsyncGenerator<Frame, void, void> {
  let [chunks, bytes]: [Buffer[], number] = [[], 0];
  let wanted = FRAME_HEAD_BYTES;
  for await (const chunk of source) {
    chunks.push(chunk);
    if ((bytes += chunk.length) < wanted) continue;
    let pending = Buffer.concat(chunks);
    for (wanted = wantedBy(pending); pending.length >= wanted; wanted = wantedBy(pending)) {
      yield { type: pending.toString("latin1", 0, 1), body: pending.subarray(FRAME_HEAD_BYTES, wanted) };
      pending = pending.subarray(wanted);
    }
    [chunks, bytes] = [[pending], pending.length];
  }
  if (bytes > 0) throw new BadSetError("the stream ends in the middle of a frame");
}

/** Bytes of the first frame; or enough to know that. */
function wantedBy(pending: Buffer): number {
  if (pending.length < FRAME_HEAD_BYTES) return FRAME_HEAD_BYTES;
  const length = pending.readUInt32BE(1);
  if (length > MAX_FRAME_BYTES) throw new BadSetError(`a frame of ${length} bytes is too long`);
  return FRAME_HEAD_BYTES + length;
}
