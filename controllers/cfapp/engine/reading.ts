import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { FileEntry } from "../../sync/index.ts";

/** A file that is not any more what it was when the set was made. Nothing of the set is committed. */
export class ChangedFileError extends Error {
  override readonly name = "ChangedFileError";
  readonly path: string;

  constructor(path: string) {
    super(`${path} changed while it was sent`);
    this.path = path;
  }
}

const BUFFER_BYTES = 256 * 1024;

export interface Wanted {
  readonly root: string;
  readonly path: string;
  readonly entry: FileEntry;
  readonly signal?: AbortSignal | undefined;
}

/** The bytes of a file, if they are those that its entry speaks of. @throws ChangedFileError */
export async function* read({ root, path, entry, signal }: Wanted): AsyncGenerator<Buffer, void, void> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(root, path), flags).catch(() => {
    throw new ChangedFileError(path);
  });
  try {
    const hash = createHash("sha256");
    for (let left = entry.size; left > 0;) {
      signal?.throwIfAborted();
      const bytes = Buffer.allocUnsafe(Math.min(BUFFER_BYTES, left));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, null);
      if (bytesRead === 0) throw new ChangedFileError(path);
      const piece = bytes.subarray(0, bytesRead);
      hash.update(piece);
      left -= bytesRead;
      // The last piece of a file that is another one is not given away: so it is never whole on the other side.
      if (left === 0 && hash.digest("hex") !== entry.hash) throw new ChangedFileError(path);
      yield piece;
    }
  } finally {
    await file.close();
  }
}
