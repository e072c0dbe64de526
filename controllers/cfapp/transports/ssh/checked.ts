import { createHash } from "node:crypto";
import type { Put } from "../../../sync/index.ts";
import { StageError } from "../transport.ts";

/** The bytes of a file, if they are those of the plan. @throws StageError at the end, if they are not. */
export async function* checked(
  put: Put,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const hash = createHash("sha256");
  let left = put.entry.size;
  for await (const piece of source) {
    if ((left -= piece.length) < 0) break;
    hash.update(piece);
    yield piece;
  }
  if (left !== 0 || hash.digest("hex") !== put.entry.hash)
    throw new StageError(`${put.path}: it changed while it was read`);
}
