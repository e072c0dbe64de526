import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { DIRECTORY, type Entry as TreeEntry, type Tree, UnsettledError } from "../../sync/index.ts";
import { hashOf, isMissing } from "../files.ts";
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

/** All that a context holds and its rules do not ignore, in the order of the paths. @throws the reason of the signal, UnsettledError, what the system says */
export async function treeOf(context: string, rules: IgnoreRules, signal: AbortSignal): Promise<Entry[]> {
  const entries: Entry[] = [];
  const walk = async (directory: string): Promise<void> => {
    signal.throwIfAborted();
    for (const name of await namesIn(join(context, directory))) {
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

/** None in a directory that is gone by now. */
async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Nothing for what is gone by now, and for sockets and the like, which no image holds. */
async function entryOf(context: string, path: string): Promise<Entry | undefined> {
  const full = join(context, path);
  const stats = await unlessMissing(lstat(full, { bigint: true }));
  const type = stats && typeOf(stats);
  if (!stats || !type) return undefined;
  return {
    path,
    type,
    mode: Number(stats.mode) & 0o7777,
    size: type === "file" ? Number(stats.size) : 0,
    mtime: new Date(Number(stats.mtimeMs)),
    stamp: `${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.ino}`,
    ...(type === "symlink" && { linkname: await linkOf(full) }),
  };
}

/** @throws UnsettledError if it is no link any more */
async function linkOf(path: string): Promise<string> {
  try {
    return await readlink(path);
  } catch (error) {
    const hasChanged = isMissing(error) || (error as NodeJS.ErrnoException).code === "EINVAL";
    throw hasChanged ? new UnsettledError(path) : error;
  }
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
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

type Known = ReadonlyMap<string, { stamp: string; hash: string }>;

/** Reads contexts. It remembers what files hold, so that only those that have changed are read again. */
export class TreeDigest {
  #known: Known = new Map();

  /** @throws the reason of the signal; UnsettledError for a file that is none any more */
  async of(context: string, entries: readonly Entry[], signal: AbortSignal): Promise<Contents> {
    const known = new Map(this.#known);
    const digest = createHash("sha256");
    const tree = new Map<string, TreeEntry>();
    for (let i = 0; i < entries.length; i += HASHED_AT_ONCE) {
      signal.throwIfAborted();
      const some = entries.slice(i, i + HASHED_AT_ONCE);
      const contents = await Promise.all(
        some.map((entry) => contentOf(join(context, entry.path), entry, { known, signal })),
      );
      some.forEach((entry, n) => {
        const { path, type, mode } = entry;
        digest.update(`${JSON.stringify([path, type, mode, contents[n]])}\n`);
        tree.set(path, inTree(entry, contents[n]!));
      });
      this.#known = known;
    }
    this.#known = new Map([...known].filter(([path]) => tree.has(path)));
    return { digest: digest.digest("hex"), tree };
  }
}

interface Reading {
  known: Map<string, { stamp: string; hash: string }>;
  signal: AbortSignal;
}

async function contentOf(
  file: string,
  { path, type, stamp, mtime, linkname }: Entry,
  { known, signal }: Reading,
): Promise<string> {
  if (type !== "file") return linkname ?? "";
  const before = known.get(path);
  if (before?.stamp === stamp) return before.hash;
  const isYoung = Date.now() - mtime.getTime() < YOUNG_MS;
  const hash = await hashOf(file, signal);
  if (isYoung) known.delete(path);
  else known.set(path, { stamp, hash });
  return hash;
}

function inTree({ type, mode, size, linkname = "" }: Entry, hash: string): TreeEntry {
  if (type === "directory") return DIRECTORY;
  return type === "symlink"
    ? { type: "link", target: linkname }
    : { type: "file", size, mode: mode & 0o777, hash };
}
