import { createHash } from "node:crypto";
import type { FileEntryWithStats } from "ssh2";
import { DIRECTORY, type Entry } from "../../../sync/index.ts";
import type { Listing } from "../transport.ts";
import { inParallel } from "../ssh/parallel.ts";
import type { Tracked } from "../ssh/state.ts";
import type { SftpFiles } from "./files.ts";

/** Requests that are on their way at a time. */
const WIDTH = 32;
const MODE_BITS = 0o777;

/** What stands for the hash of a file whose content nobody knows: equal to none, so it is sent. */
const UNKNOWN = "";

/**
 * What is in the directory. A file that is as it was put there has the hash that it had then; one that only has the same
 * size is read; of others nothing is known, for reading all of them would take longer than sending what differs.
 */
export async function listOver(files: SftpFiles, root: string, tracked: Tracked): Promise<Listing> {
  const tree = new Map<string, Entry>();
  for (let level = [""]; level.length > 0;) {
    const below: string[] = [];
    await inParallel(level, WIDTH, async (directory) => {
      const found = await files.list(directory === "" ? root : `${root}/${directory}`);
      await inParallel(found.filter(isOurs), WIDTH, async (one) => {
        const path = directory === "" ? one.filename : `${directory}/${one.filename}`;
        const entry = await entryOf(files, `${root}/${path}`, { one, known: tracked.get(path) });
        if (entry) tree.set(path, entry);
        if (entry?.type === "directory") below.push(path);
      });
    });
    level = below;
  }
  return { tree, tracked: new Set(tracked.keys()) };
}

/** Names that are no UTF-8 cannot be asked for. */
const isOurs = ({ filename }: FileEntryWithStats): boolean =>
  !filename.startsWith(".tiltish-") &&
  !filename.includes("\u{FFFD}") &&
  filename !== "." &&
  filename !== "..";

interface Seen {
  readonly one: FileEntryWithStats;
  readonly known: ReturnType<Tracked["get"]>;
}

async function entryOf(files: SftpFiles, at: string, { one, known }: Seen): Promise<Entry | undefined> {
  const { attrs } = one;
  if (attrs.isDirectory()) return DIRECTORY;
  if (attrs.isSymbolicLink()) return { type: "link", target: await files.readlink(at) };
  if (!attrs.isFile()) return undefined;
  const { size, mode, mtime } = attrs;
  const isSame = known?.size === size && known.mtime === mtime;
  const hash = isSame ? known.hash : known?.size === size ? await hashOf(files, at) : UNKNOWN;
  return { type: "file", size, mode: mode & MODE_BITS, hash };
}

async function hashOf(files: SftpFiles, at: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of files.content(at)) hash.update(piece);
  return hash.digest("hex");
}
