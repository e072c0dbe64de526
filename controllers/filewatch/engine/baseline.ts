import { hashOf, isHashable } from "./content.ts";
import { fileStatOf, look, sameStat } from "./file-stat.ts";
import type { Pacer } from "./pacer.ts";
import { join, type DirectoryNode, type Tree } from "./tree.ts";

/** How much is read ahead of the first change of a file, so that a rewrite with the same bytes can be told. */
const MAX_FILES = 4000;
const MAX_BYTES = 64 * 1024 * 1024;
/** A file as young as this may have been written again without its times showing it. */
const SETTLED_MS = 50;

export interface BaselineOptions {
  readonly pacer: Pacer;
  readonly startedAtMs: number;
  readonly stopped: () => boolean;
  /** Whether changes may have happened that have to be reported. */
  readonly live: () => boolean;
  hint(directory: string, name: string): void;
}

/** Looks at each file for the first time. Runs beside the watching, in slices. */
export async function fillStats(nodes: readonly DirectoryNode[], options: BaselineOptions): Promise<void> {
  for (const node of nodes) {
    for (const name of node.files.names()) {
      if (options.pacer.due) await options.pacer.pause();
      if (options.stopped()) return;
      if (node.files.get(name) === "unknown") fillStat(node, name, options);
    }
  }
}

/** A file that changed since the start stays unknown, so that it is reported. */
export function fillStat(node: DirectoryNode, name: string, options: Omit<BaselineOptions, "pacer">): void {
  const stats = look(join(node.path, name));
  const stat = stats && fileStatOf(stats);
  if (!stat || (options.live() && stat.ctimeMs > options.startedAtMs)) return options.hint(node.path, name);
  node.files.set(name, stat);
}

/** Hashes the files that are likeliest to be saved next, the newest, up to a bound. */
export async function fillHashes(tree: Tree, options: BaselineOptions): Promise<void> {
  let [bytes, sinceMs] = [0, newest(tree)];
  for (const node of tree.nodes()) {
    for (const name of node.files.names()) {
      if (options.pacer.due) await options.pacer.pause();
      if (options.stopped() || bytes > MAX_BYTES) return;
      bytes += fillHash(node, name, { sinceMs, live: options.live() });
    }
  }
}

function fillHash(
  node: DirectoryNode,
  name: string,
  { sinceMs, live }: { sinceMs: number; live: boolean },
): number {
  const stat = node.files.get(name);
  if (!stat || stat === "unknown" || node.files.hashOf(name) || stat.mtimeMs < sinceMs || !isHashable(stat))
    return 0;
  const path = join(node.path, name);
  // The hash must be of what was there when the stat was taken.
  const same = () => {
    const stats = look(path);
    const now = stats && fileStatOf(stats);
    return now && sameStat(now, stat);
  };
  if (live && (Date.now() - stat.mtimeMs < SETTLED_MS || !same())) return 0;
  const hash = hashOf(path, stat);
  if (same()) node.files.setHash(name, hash);
  return stat.size;
}

/** The modification time from which on files belong to the newest `MAX_FILES`. */
function newest(tree: Tree): number {
  const times: number[] = [];
  for (const { files } of tree.nodes()) {
    for (const name of files.names()) {
      const stat = files.get(name);
      if (stat && stat !== "unknown") times.push(stat.mtimeMs);
    }
  }
  if (times.length <= MAX_FILES) return 0;
  return Float64Array.from(times).toSorted()[times.length - MAX_FILES]!;
}
