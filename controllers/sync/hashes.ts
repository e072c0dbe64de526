import { createHash } from "node:crypto";
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** Clocks of file systems are coarse: a file may change again without a later time. */
const YOUNG_MS = 2000;
const BUFFER_BYTES = 256 * 1024;

/** The content of a file as it was when it was read. */
export interface Hashed {
  /** SHA-256, in hex. */
  readonly hash: string;
  /** Of the file that was read. */
  readonly stat: BigIntStats;
  /** It had changed so lately that its times prove nothing. */
  readonly isYoung: boolean;
}

/** A file that changed while it was read. Look again later. */
export class UnsettledError extends Error {
  override readonly name = "UnsettledError";
}

/** What was a file a moment ago may be a link or a pipe now: neither is followed, or waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a file for its hash.
 *
 * @throws UnsettledError, or what the system says.
 */
export async function hashFile(file: string): Promise<Hashed> {
  const handle = await open(file, FLAGS);
  try {
    const readAt = Date.now();
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile()) throw new UnsettledError(file);
    const hash = await contentHash(handle);
    if (stampOf(await handle.stat({ bigint: true })) !== stampOf(stat)) throw new UnsettledError(file);
    return { hash, stat, isYoung: readAt - Number(stat.mtimeMs) < YOUNG_MS };
  } finally {
    await handle.close();
  }
}

/** Whether the file is certain to be as it was when it was read. */
export const isUnchanged = (hashed: Hashed | undefined, stat: BigIntStats): hashed is Hashed =>
  hashed !== undefined && !hashed.isYoung && stampOf(hashed.stat) === stampOf(stat);

const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;

async function contentHash(handle: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(buffer.subarray(0, bytesRead));
  }
}
