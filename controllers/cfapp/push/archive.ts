import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";
import type { Entry, Tree } from "../../sync/index.ts";
import { PushError } from "./request.ts";

const [FILE, LINK] = [0o100000, 0o120777];

export interface Contents {
  readonly tree: Tree;
  /** Files of the tree that the platform has. */
  readonly known: ReadonlySet<string>;
  readonly more: ReadonlyMap<string, Buffer>;
  readonly read: (path: string) => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/**
 * Writes an archive of an app, with modes and links.
 *
 * @returns its size, in bytes.
 * @throws PushError for a name that no archive can have; what reading a file says.
 */
export async function writeArchive(file: string, contents: Contents): Promise<number> {
  const { tree, known, more, read, signal } = contents;
  const zip = new yazl.ZipFile();
  const stop = new AbortController();
  let problem: Error | undefined;
  const fail = (error: Error): void => {
    problem ??= error;
    stop.abort();
  };
  zip.on("error", fail);
  let reading: Readable | undefined;
  const add = adderTo(zip, (path) => {
    reading = Readable.from(read(path), { objectMode: false });
    return reading.on("error", fail);
  });
  for (const [path, entry] of tree) if (!known.has(path)) add(path, entry);
  for (const [path, bytes] of more) zip.addBuffer(bytes, path, { mode: FILE | 0o755 });
  zip.end();
  try {
    await pipeline(zip.outputStream, createWriteStream(file), {
      signal: AbortSignal.any([signal, stop.signal]),
    });
  } catch (error) {
    // One file after the other is read.
    reading?.destroy();
    signal.throwIfAborted();
    throw problem ?? error;
  }
  return (await stat(file)).size;
}

/** Adds one entry of a tree. A name that is refused now is refused the next time, too. @throws PushError */
const adderTo =
  (zip: yazl.ZipFile, open: (path: string) => Readable) =>
  (path: string, entry: Entry): void => {
    try {
      if (entry.type === "directory") zip.addEmptyDirectory(path, { mode: 0o40755 });
      else if (entry.type === "link") zip.addBuffer(Buffer.from(entry.target), path, { mode: LINK });
      else {
        const { size, mode } = entry;
        zip.addReadStreamLazy(path, { size, mode: FILE | mode }, (give) => give(undefined, open(path)));
      }
    } catch (error) {
      const { message } = error as Error;
      throw new PushError("upload", `${path} cannot be uploaded: ${message}; rename it, or ignore it`, {
        cause: error,
      });
    }
  };
