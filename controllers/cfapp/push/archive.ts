import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";
import type { Tree } from "../sync/index.ts";

const [FILE, LINK] = [0o100000, 0o120777];

export interface Contents {
  readonly tree: Tree;
  /** Files of the tree that the platform has. */
  readonly known: ReadonlySet<string>;
  readonly more: ReadonlyMap<string, Buffer>;
  readonly read: (path: string) => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** Writes an archive of an app, with modes and links. @returns its size, in bytes. @throws what reading a file says. */
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
  for (const [path, entry] of tree) {
    if (entry.type === "directory") zip.addEmptyDirectory(path, { mode: 0o40755 });
    else if (entry.type === "link") zip.addBuffer(Buffer.from(entry.target), path, { mode: LINK });
    else if (!known.has(path)) {
      const { size, mode } = entry;
      zip.addReadStreamLazy(path, { size, mode: FILE | mode }, (give) => {
        const stream = Readable.from(read(path), { objectMode: false });
        stream.on("error", fail);
        give(undefined, stream);
      });
    }
  }
  for (const [path, bytes] of more) zip.addBuffer(bytes, path, { mode: FILE | 0o755 });
  zip.end();
  try {
    await pipeline(zip.outputStream, createWriteStream(file), {
      signal: AbortSignal.any([signal, stop.signal]),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw problem ?? error;
  }
  return (await stat(file)).size;
}
