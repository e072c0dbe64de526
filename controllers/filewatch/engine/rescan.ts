import { fillStat, type BaselineOptions } from "./baseline.ts";
import { fileStatOf, identityOf, look, sameStat } from "./file-stat.ts";
import { join, type DirectoryNode } from "./tree.ts";
import { directoryAt, entriesOf, tryToWatch, type World } from "./walk.ts";

export interface RescanOptions extends Omit<BaselineOptions, "hint"> {
  hint(directory: string, name?: string): void;
}

/**
 * Looks at everything and gives a hint wherever something is not as it was last reported: for changes of which no
 * event came. Whether it is a change is decided as for any other hint.
 */
export async function rescan(world: World, options: RescanOptions): Promise<void> {
  for (const node of world.tree.nodes()) {
    if (options.stopped()) return;
    if (world.tree.get(node.path) === node) await rescanDirectory(node, world, options);
  }
}

async function rescanDirectory(node: DirectoryNode, { filter, watcher }: World, options: RescanOptions) {
  const stats = directoryAt(node.path);
  const entries = stats && entriesOf(node.path, filter);
  if (!entries || identityOf(stats) !== node.identity) return options.hint(node.path);
  tryToWatch(node.path, watcher); // in case its watch has failed
  const here = new Set([...entries.files, ...entries.directories]);
  for (const name of here)
    if (!node.files.has(name) && !node.directories.has(name)) options.hint(node.path, name);
  for (const name of node.directories) if (!here.has(name)) options.hint(node.path, name);
  for (const name of node.files.names()) {
    if (options.pacer.due) await options.pacer.pause();
    if (!here.has(name) || isDifferent(node, name, options)) options.hint(node.path, name);
  }
}

function isDifferent(node: DirectoryNode, name: string, options: RescanOptions): boolean {
  const known = node.files.get(name);
  if (known === "unknown") fillStat(node, name, options);
  if (!known || known === "unknown") return false;
  const stats = look(join(node.path, name));
  const now = stats && fileStatOf(stats);
  return !now || !sameStat(known, now);
}
