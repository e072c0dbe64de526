import { sizeOf, type Differences, type FileDifference } from "./inspect.ts";

/** A save that is complete: nothing more is waited for. */
const LONE_MS = 2;
/** A step in the middle of a save (truncated, renamed away, a temporary file), or the first of several files. */
const STEP_MS = 20;
const SEVERAL_MS = 50;
/** A checkout, an installation, a build that writes its output. */
const MANY_MS = 100;
/** A temporary file that is about to be renamed over its neighbour waits for a slow disk to sync it. */
const TEMPORARY_MS = 100;

/** How long nothing may happen until hints at so many places are worth a look. */
export function quietBeforeLook(places: number, followsUp: boolean): number {
  if (places > 50) return SEVERAL_MS;
  return places > 4 || followsUp ? STEP_MS : LONE_MS;
}

/** How long nothing may happen until these differences are taken as complete. */
export function quietFor(found: Differences): number {
  const { files } = found;
  const count = sizeOf(found);
  if (count > 100) return MANY_MS;
  if (count > 10) return SEVERAL_MS;
  if (count > 1) return Math.max(STEP_MS, ...[...files.values()].map(quietForFile));
  for (const difference of files.values()) return quietForFile(difference);
  return count > 0 ? STEP_MS : LONE_MS;
}

/** Editors truncate and then write; rename the old file away and then write; write beside it and then rename; chmod. */
function quietForFile({ node, name, before, after }: FileDifference): number {
  if (!after) return STEP_MS + LONE_MS;
  if (!before) return looksTemporary(name, node.files.names()) ? TEMPORARY_MS : STEP_MS;
  if (before === "unknown") return LONE_MS;
  if (after.size === 0 && before.size > 0) return STEP_MS + LONE_MS;
  return before.executable === after.executable && before.link === after.link ? LONE_MS : STEP_MS;
}

/** Whether the name is that of a file beside it, with something added: `.main.ts.tmp-4711`, `main.ts.new`. */
function looksTemporary(name: string, neighbours: Iterable<string>): boolean {
  for (const neighbour of neighbours) {
    if (neighbour.length > 2 && name.length > neighbour.length && name.includes(neighbour)) return true;
  }
  return false;
}
