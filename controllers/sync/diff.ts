import type { Operation, Put } from "./operations.ts";
import type { Rejected } from "./rejected.ts";
import { byDepth, type Entry, type FileEntry, isSameEntry, parentsOf, type Tree } from "./tree.ts";

/** Which paths of the other side may be deleted when they are not here. */
export type DeletePolicy =
  /** Those that were put there by an earlier sync. */
  | "Tracked"
  /** All. */
  | "Mirror"
  | "Never";

export interface Sides {
  /** What should be there. */
  readonly local: Tree;
  /** What is there. */
  readonly remote: Tree;
  /** Paths that earlier syncs have put there. */
  readonly tracked: ReadonlySet<string>;
  readonly deletePolicy: DeletePolicy;
}

export interface Difference {
  /** In an order in which each can be done: room is made, directories before what is in them, deletions last. */
  readonly operations: readonly Operation[];
  readonly rejected: readonly Rejected[];
}

/** What makes the other side like this one, as far as that is allowed. Pure. */
export function diff(sides: Sides): Difference {
  const doomed = doomedIn(sides);
  const blocked = blockedIn(sides, doomed);
  const isLeftOut = (path: string) =>
    blocked.size > 0 && (blocked.has(path) || [...parentsOf(path)].some((at) => blocked.has(at)));
  const differs = (path: string) => !isSameEntry(sides.local.get(path), sides.remote.get(path));
  // Mostly all but one of many thousands are the same: only what differs is worth being sorted.
  const wanted = byDepth([...sides.local.keys()].filter((path) => differs(path) && !isLeftOut(path)));
  const inTheWay = (path: string) => {
    const [here, there] = [sides.local.get(path), sides.remote.get(path)];
    return (
      here !== undefined &&
      there !== undefined &&
      (here.type === "directory") !== (there.type === "directory")
    );
  };
  const room = byDepth(
    [...sides.remote.keys()].filter(
      (path) =>
        !isLeftOut(path) && (inTheWay(path) || (doomed.has(path) && [...parentsOf(path)].some(inTheWay))),
    ),
  );
  const makesRoom = new Set(room);
  return {
    operations: [
      ...room.toReversed().map((path) => removal(path, sides.remote)),
      ...changes(wanted, sides),
      ...byDepth(doomed)
        .toReversed()
        .filter((path) => !makesRoom.has(path))
        .map((path) => removal(path, sides.remote)),
    ],
    rejected: [...blocked].map(rejection),
  };
}

/** What is there, is not here, and may be deleted. */
function doomedIn({ local, remote, tracked, deletePolicy }: Sides): Set<string> {
  if (deletePolicy === "Never") return new Set();
  const isOurs = (path: string) => deletePolicy === "Mirror" || tracked.has(path);
  return new Set([...remote.keys()].filter((path) => !local.has(path) && isOurs(path)));
}

/** What should be a file or a link, where a directory is whose content is not ours to delete. */
function blockedIn({ local, remote }: Sides, doomed: ReadonlySet<string>): Set<string> {
  const kept = new Set<string>();
  for (const path of remote.keys())
    if (!doomed.has(path) && !local.has(path)) for (const parent of parentsOf(path)) kept.add(parent);
  const blocked = new Set<string>();
  for (const [path, here] of local)
    if (here.type !== "directory" && remote.get(path)?.type === "directory" && kept.has(path))
      blocked.add(path);
  return blocked;
}

const rejection = (path: string): Rejected => ({
  path,
  reason: "InTheWay",
  message: "the app has a directory of this name, with files that no sync has put there",
});

const removal = (path: string, remote: Tree): Operation => ({
  type: remote.get(path)?.type === "directory" ? "removeDirectory" : "remove",
  path,
});

/** Directories, then new files, then what replaces something. */
function changes(wanted: readonly string[], { local, remote }: Sides): Operation[] {
  const sources = contentsOf(remote);
  const [directories, added, changed]: [Operation[], Operation[], Operation[]] = [[], [], []];
  for (const path of wanted) {
    const [here, there] = [local.get(path)!, remote.get(path)];
    if (here.type === "directory") {
      directories.push({ type: "makeDirectory", path });
      continue;
    }
    (there ? changed : added).push(change(path, here, { there, sources }));
  }
  return [...directories, ...added, ...changed];
}

interface Present {
  readonly there: Entry | undefined;
  readonly sources: ReadonlyMap<string, string>;
}

function change(
  path: string,
  here: Exclude<Entry, { type: "directory" }>,
  { there, sources }: Present,
): Operation {
  if (here.type === "link") return { type: "link", path, target: here.target };
  if (there?.type === "file" && there.hash === here.hash && there.size === here.size)
    return { type: "chmod", path, mode: here.mode };
  const put: Put = { type: "put", path, entry: here };
  const from = here.size > 0 ? sources.get(here.hash) : undefined;
  if (from !== undefined) return { ...put, from };
  return there?.type === "file" ? { ...put, base: there } : put;
}

/** A path for every content that the other side has. */
function contentsOf(remote: Tree): Map<FileEntry["hash"], string> {
  const paths = new Map<string, string>();
  for (const [path, entry] of remote)
    if (entry.type === "file" && !paths.has(entry.hash)) paths.set(entry.hash, path);
  return paths;
}
