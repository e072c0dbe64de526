import { readdirSync, statSync, type Dirent, type Stats } from "node:fs";
import { dirname } from "node:path";
import { identityOf } from "./file-stat.ts";
import type { Filter } from "./filter.ts";
import type { Pacer } from "./pacer.ts";
import { join, type DirectoryNode, type Tree } from "./tree.ts";
import type { Watcher } from "./watcher.ts";

export interface Entries {
  /** Names of files and links that are watched. */
  readonly files: string[];
  /** Names of directories that are entered. */
  readonly directories: string[];
}

export interface World {
  readonly tree: Tree;
  readonly filter: Filter;
  readonly watcher: Watcher;
}

/** What is in the directory that matters; nothing if it is gone or may not be read. */
export function entriesOf(directory: string, filter: Filter): Entries | undefined {
  const found = read(directory);
  if (!found) return undefined;
  const entries: Entries = { files: [], directories: [] };
  for (const entry of found) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (filter.enters(path)) entries.directories.push(entry.name);
    } else if ((entry.isFile() || entry.isSymbolicLink()) && filter.file(path))
      entries.files.push(entry.name);
  }
  return entries;
}

function read(directory: string): Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return undefined;
  }
}

/**
 * Starts to watch the directory and all below it that are not watched yet. The watch comes before the look, so that
 * nothing can slip in between.
 */
export async function* watchBelow(
  top: string,
  world: World,
  pacer: Pacer,
): AsyncGenerator<[DirectoryNode, Entries]> {
  const queue = [top];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (pacer.due) await pacer.pause();
    const found = watchOne(path, world);
    if (!found) continue;
    const [node, entries] = found;
    queue.push(...entries.directories.map((name) => join(node.path, name)));
    yield found;
  }
}

function watchOne(path: string, { tree, filter, watcher }: World): [DirectoryNode, Entries] | undefined {
  if (tree.get(path)) return undefined;
  const stats = directoryAt(path);
  if (!stats || !tryToWatch(path, watcher)) return undefined;
  const entries = entriesOf(path, filter);
  if (!entries) {
    watcher.remove(path);
    return undefined;
  }
  const node = tree.add(path, identityOf(stats));
  for (const name of entries.directories) node.directories.add(name);
  return [node, entries];
}

/** Follows a link: only paths which the spec names are asked for that may be links. */
export function directoryAt(path: string): Stats | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isDirectory() ? stats : undefined;
  } catch {
    return undefined;
  }
}

/** A directory that vanished, or may not be read, has nothing to watch. */
export function tryToWatch(path: string, watcher: Watcher): boolean {
  try {
    watcher.add(path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP"].includes(code)) return false;
    throw error;
  }
}

/**
 * Where to begin for a target: at the directory it names, or in the directory that holds the file, or else in the
 * nearest directory that exists, to see the missing ones come.
 */
export function startOf(target: string): string {
  if (directoryAt(target)) return target;
  for (let at = dirname(target); ; at = dirname(at)) if (directoryAt(at) || at === dirname(at)) return at;
}
