import { createHash } from "node:crypto";
import { createReadStream, type BigIntStats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { DIRECTORY, type Entry as TreeEntry, type Tree } from "../../sync/index.ts";
import type { IgnoreRules } from "./ignore.ts";

/** A file, directory or link of a build context. */
export interface Entry {
  /** Relative to the context, with slashes. */
  path: string;
  type: "file" | "directory" | "symlink";
  mode: number;
  size: number;
  mtime: Date;
  linkname?: string;
  /** Tells whether a file is as it was, without reading it. */
  stamp: string;
}

/** All that a context holds and its rules do not ignore, in the order of the paths. */
export async function treeOf(context: string, rules: IgnoreRules): Promise<Entry[]> {
  const entries: Entry[] = [];
  const walk = async (directory: string): Promise<void> => {
    for (const name of (await readdir(join(context, directory))).toSorted()) {
      const path = directory === "" ? name : `${directory}/${name}`;
      const isIgnored = rules.ignores(path);
      if (isIgnored && !rules.hasExceptions) continue;
      const entry = await entryOf(context, path);
      if (entry && !isIgnored) entries.push(entry);
      if (entry?.type === "directory") await walk(path);
    }
  };
  await walk("");
  return entries;
}

/** Nothing for what is gone by now, and for sockets and the like, which no image holds. */
async function entryOf(context: string, path: string): Promise<Entry | undefined> {
  const full = join(context, path);
  const stats = await lstat(full, { bigint: true }).catch(() => undefined);
  const type = stats && typeOf(stats);
  if (!stats || !type) return undefined;
  return {
    path,
    type,
    mode: Number(stats.mode) & 0o7777,
    size: type === "file" ? Number(stats.size) : 0,
    mtime: new Date(Number(stats.mtimeMs)),
    stamp: `${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.ino}`,
    ...(type === "symlink" && { linkname: await readlink(full).catch(() => "") }),
  };
}

function typeOf(stats: BigIntStats): Entry["type"] | undefined {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : undefined;
}

const HASHED_AT_ONCE = 8;
/** Clocks of file systems are coarse: what changed so lately may change again without another time. */
const YOUNG_MS = 2_000;

/** What a context holds. */
export interface Contents {
  digest: string;
  tree: Tree;
}

/** Reads contexts. It remembers what files hold, so that only those that have changed are read again. */
export class TreeDigest {
  #known = new Map<string, { stamp: string; hash: string }>();

  async of(context: string, entries: readonly Entry[]): Promise<Contents> {
    const before = this.#known;
    this.#known = new Map();
    const digest = createHash("sha256");
    const tree = new Map<string, TreeEntry>();
    for (let i = 0; i < entries.length; i += HASHED_AT_ONCE) {
      const some = entries.slice(i, i + HASHED_AT_ONCE);
      const contents = await Promise.all(some.map((entry) => this.#contentOf(context, entry, before)));
      some.forEach((entry, n) => {
        const { path, type, mode } = entry;
        digest.update(`${JSON.stringify([path, type, mode, contents[n]])}\n`);
        tree.set(path, inTree(entry, contents[n]!));
      });
    }
    return { digest: digest.digest("hex"), tree };
  }

  async #contentOf(
    context: string,
    { path, type, stamp, mtime, linkname }: Entry,
    before: ReadonlyMap<string, { stamp: string; hash: string }>,
  ): Promise<string> {
    if (type !== "file") return linkname ?? "";
    const known = before.get(path);
    const isYoung = Date.now() - mtime.getTime() < YOUNG_MS;
    const hash = known?.stamp === stamp ? known.hash : await hashOf(join(context, path));
    if (!isYoung) this.#known.set(path, { stamp, hash });
    return hash;
  }
}

function inTree({ type, mode, size, linkname = "" }: Entry, hash: string): TreeEntry {
  if (type === "directory") return DIRECTORY;
  return type === "symlink"
    ? { type: "link", target: linkname }
    : { type: "file", size, mode: mode & 0o777, hash };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
