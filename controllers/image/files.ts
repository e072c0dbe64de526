import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { UnsettledError } from "../sync/index.ts";

/** A pipe or a device is not waited for. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** In a context, links are links. */
const FLAGS_IN_CONTEXT = FLAGS | (constants.O_NOFOLLOW ?? 0);

/** Whether a file, or a directory on the way to it, is not there. */
export const isMissing = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

/**
 * Reads a file that is meant to be small.
 *
 * @throws Error for what is no file, or larger, and what the system says.
 */
export async function readSmall(path: string, limit: number): Promise<Buffer> {
  const handle = await open(path, FLAGS);
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`${path} is no regular file`);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limit) throw new Error(`${path} is larger than ${limit / 1024} KiB`);
    }
    return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}

/** What a file of a context is known to hold. */
export interface Expected {
  readonly size: number;
  /** SHA-256, in hex. */
  readonly hash: string;
}

/** The bytes of a file of a context. @throws UnsettledError if it is none any more, or does not hold what is expected. */
export async function* bytesOf(path: string, { size, hash }: Expected): AsyncGenerator<Buffer, void, void> {
  const sum = createHash("sha256");
  let length = 0;
  for await (const chunk of (await openInContext(path)).createReadStream() as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > size) throw new UnsettledError(path);
    sum.update(chunk);
    yield chunk;
  }
  if (length !== size || sum.digest("hex") !== hash) throw new UnsettledError(path);
}

/** SHA-256 of a file of a context, in hex. @throws UnsettledError if it is none any more, and what the system says. */
export async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline((await openInContext(path)).createReadStream(), hash, { signal });
  return hash.digest("hex");
}

async function openInContext(path: string): Promise<FileHandle> {
  const handle = await open(path, FLAGS_IN_CONTEXT).catch((error: unknown) => {
    const hasChanged = isMissing(error) || ["ELOOP", "ENXIO"].includes((error as { code: string }).code);
    throw hasChanged ? new UnsettledError(path) : error;
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new UnsettledError(path);
}
