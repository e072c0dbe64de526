import { dirname } from "node:path";
import { hashOf } from "./content.ts";
import { sameButForCtime, type FileStat } from "./file-stat.ts";
import { forget, type Differences, type FileDifference } from "./inspect.ts";
import type { Pacer } from "./pacer.ts";
import type { World } from "./walk.ts";

/** The clock of a file system moves in steps of up to 10 ms: two writes within one look the same from outside. */
const CLOCK_STEP_MS = 20;

export interface CommitOptions {
  readonly onlyContentChanges: boolean;
  /** When watching began, for files that nobody has looked at since. */
  readonly startedAtMs: number;
  /** Files that were written so lately that a later write may leave the same stat. */
  readonly racy: Set<string>;
}

/** What was found to have changed. Paths are absolute. */
export interface Changes {
  readonly paths: string[];
  /** Newest modification time of the changed files that still exist; 0 if none does. */
  readonly modifiedMs: number;
}

/** Takes the differences as the new state of the tree, and says which of them are changes. */
export async function commit(found: Differences, world: World, options: CommitOptions & { pacer: Pacer }) {
  const paths: string[] = [];
  let modifiedMs = 0;
  for (const [path, difference] of found.files) {
    if (options.pacer.due) await options.pacer.pause();
    if (!take(path, difference, options)) continue;
    paths.push(path);
    modifiedMs = Math.max(modifiedMs, difference.after?.mtimeMs ?? 0);
  }
  return { paths: [...paths, ...takeDirectories(found, world, paths)], modifiedMs } satisfies Changes;
}

/**
 * A new directory is told with the first file in it, one that is gone with the files that it had. An empty one is no
 * change: there is nothing in it that could make a difference to anybody, and git knows none either.
 */
function takeDirectories({ removed }: Differences, world: World, paths: readonly string[]): string[] {
  const touched = directoriesAbove(paths);
  const gone = [...removed].filter(({ fresh, path }) => !fresh && touched.has(path)).map(({ path }) => path);
  for (const node of removed) forget(node, world);
  const come = [...touched].filter((path) => world.tree.get(path)?.fresh);
  for (const path of come) world.tree.get(path)!.fresh = false;
  return [...gone, ...come].filter((path) => world.filter.reportsDirectory(path));
}

function directoriesAbove(paths: readonly string[]): Set<string> {
  const above = new Set<string>();
  for (const path of paths) {
    for (let at = dirname(path); !above.has(at) && at !== dirname(at); at = dirname(at)) above.add(at);
  }
  return above;
}

function take(path: string, { node, name, before, after }: FileDifference, options: CommitOptions): boolean {
  if (!after) {
    node.files.delete(name);
    options.racy.delete(path);
    return before !== undefined;
  }
  const hashBefore = node.files.hashOf(name);
  const hashAfter = hashOf(path, after);
  node.files.set(name, after);
  node.files.setHash(name, hashAfter);
  if (Date.now() - after.mtimeMs < CLOCK_STEP_MS) options.racy.add(path);
  else options.racy.delete(path);
  if (!before) return true;
  // Somebody said that it changed; unless its times say otherwise, believe it.
  if (before === "unknown") return after.ctimeMs >= options.startedAtMs - CLOCK_STEP_MS;
  const sameContent = hashBefore && hashAfter ? hashBefore === hashAfter : undefined;
  return isChange(before, after, { sameContent, ...options });
}

/**
 * Without a hash of what was there before, a new size, time or inode is a change: the limit of `onlyContentChanges`.
 * It concerns files over 4 MB, and in large trees those that were neither among the newest at the start (which are
 * hashed in the background) nor changed since.
 */
function isChange(
  before: FileStat,
  after: FileStat,
  { sameContent, onlyContentChanges }: { sameContent?: boolean; onlyContentChanges: boolean },
): boolean {
  if (before.executable !== after.executable || before.link !== after.link) return true;
  if (sameContent === false) return true;
  if (sameContent && onlyContentChanges) return false;
  return !sameButForCtime(before, after);
}
