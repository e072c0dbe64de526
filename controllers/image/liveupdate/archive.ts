import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import { type Entry, UnsettledError } from "../../sync/index.ts";

/** Something that is to be in a container. */
export interface Item {
  /** Absolute path of the file here. */
  readonly source: string;
  /** Path in the container, from its root, without a slash before it. */
  readonly place: string;
  readonly entry: Entry;
}

/** A tar of all of them, made while it is read. It fails with UnsettledError if a file is no more what it was. */
export function archiveOf(items: readonly Item[]): Readable {
  const archive = pack();
  const fill = async () => {
    for (const item of items) await add(archive, item);
    archive.finalize();
  };
  fill().catch((error: unknown) => archive.destroy(error as Error));
  return Readable.from(archive);
}

async function add(archive: Pack, { source, place, entry }: Item): Promise<void> {
  if (entry.type === "link")
    return void archive.entry({ name: place, type: "symlink", linkname: entry.target });
  if (entry.type === "directory") return void archive.entry({ name: place, type: "directory", mode: 0o755 });
  const { size } = await stat(source).catch(() => ({ size: -1 }));
  if (size !== entry.size) throw new UnsettledError(source);
  // The time is now, so that what watches in the container, or compares with what it has made, sees a change.
  const header = { name: place, size, mode: entry.mode, mtime: new Date() };
  if (size === 0) archive.entry(header, "");
  else await pipeline(createReadStream(source, { end: size - 1 }), archive.entry(header));
}
