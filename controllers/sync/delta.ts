import type { Chunk } from "./chunks.ts";

/** A part of a new file: from the old one, or to be sent. Offsets and lengths are bytes. */
export type Piece =
  | { readonly type: "copy"; readonly offset: number; readonly length: number }
  | { readonly type: "send"; readonly offset: number; readonly length: number };

/**
 * How to make a file out of an older one: pieces in order, as few as may be.
 *
 * @param base - Chunks of the file that the other side has. Copies have offsets in it.
 * @param next - Chunks of the file that it is to have. What is sent has offsets in that one.
 */
export function deltaOf(base: readonly Chunk[], next: readonly Chunk[]): Piece[] {
  const known = new Map(base.map((chunk) => [chunk.hash, chunk]));
  const pieces: Piece[] = [];
  for (const chunk of next) {
    const same = known.get(chunk.hash);
    const isKnown = same !== undefined && same.length === chunk.length;
    append(pieces, {
      type: isKnown ? "copy" : "send",
      offset: (isKnown ? same : chunk).offset,
      length: chunk.length,
    });
  }
  return pieces;
}

function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  const isNext = last?.type === piece.type && last.offset + last.length === piece.offset;
  if (isNext) pieces[pieces.length - 1] = { ...last, length: last.length + piece.length };
  else pieces.push(piece);
}

/** Bytes that have to be sent. */
export const bytesToSend = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { type, length }) => sum + (type === "send" ? length : 0), 0);
