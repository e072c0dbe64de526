import {
  matcherOf,
  type DirectoryEntry,
  type Entry,
  type Plan,
  type Rejected,
  type Tree,
} from "../../sync/index.ts";

const DIRECTORY: DirectoryEntry = { type: "directory" };

/** Pure: what the other side has after a plan. */
export function applied(remote: Tree, { operations }: Plan): Tree {
  const next = new Map<string, Entry>(remote);
  for (const operation of operations) {
    const { type, path } = operation;
    if (type === "makeDirectory") next.set(path, DIRECTORY);
    else if (type === "put") next.set(path, operation.entry);
    else if (type === "link") next.set(path, { type, target: operation.target });
    else if (type === "chmod") next.set(path, withMode(next.get(path), operation.mode));
    else if (type === "remove" || isEmptyBelow(next, path)) next.delete(path);
  }
  return next;
}

const withMode = (entry: Entry | undefined, mode: number): Entry =>
  entry?.type === "file" ? { ...entry, mode } : (entry ?? DIRECTORY);

/** What is not ours stays, and the directory with it. */
function isEmptyBelow(tree: Tree, directory: string): boolean {
  for (const path of tree.keys()) if (path.startsWith(`${directory}/`)) return false;
  return true;
}

/**
 * What should be there, if for some paths it cannot be known: they stay as they are.
 *
 * @param unknown - Paths that could not be read, and with them all that is below.
 */
export function keeping(local: Tree, remote: Tree, unknown: readonly string[]): Tree {
  if (unknown.length === 0) return local;
  const next = new Map(local);
  const isUnknown = new Set(unknown);
  for (const [path, entry] of remote) {
    if (next.has(path) || ![path, ...parents(path)].some((at) => isUnknown.has(at))) continue;
    for (const parent of parents(path)) if (!next.has(parent)) next.set(parent, DIRECTORY);
    next.set(path, entry);
  }
  return next;
}

const parents = (path: string): string[] => {
  const names = path.split("/");
  return names.slice(1).map((_, depth) => names.slice(0, depth + 1).join("/"));
};

/** Files that are there and cannot be had: what the app has of them is not taken away. */
export const unreadable = (rejected: readonly Rejected[]): string[] =>
  rejected.filter(({ reason }) => reason !== "InTheWay").map(({ path }) => path);

/** Whether these changes make a new start of the app necessary. */
export function needsRestart(
  { operations }: Plan,
  { match, skip }: { match?: string[] | undefined; skip?: string[] | undefined },
): boolean {
  const isSkipped = matcherOf(skip ?? []);
  const isWanted = match?.length ? matcherOf(match) : () => true;
  return operations.some(
    ({ type, path }) =>
      type !== "makeDirectory" && type !== "removeDirectory" && isWanted(path) && !isSkipped(path),
  );
}

/** The first change that a full deploy is needed for, among those of files that are known to the app. */
export function structuralChange(
  { operations }: Plan,
  tracked: ReadonlySet<string>,
  globs: readonly string[],
): string | undefined {
  if (tracked.size === 0) return undefined;
  const isStructural = matcherOf(globs);
  return operations.find(({ type, path }) => type !== "chmod" && isStructural(path))?.path;
}

/** Files whose content is sent; that of others is there already. */
export const sentFiles = ({ operations }: Plan): number =>
  operations.filter((operation) => operation.type === "put" && operation.from === undefined).length;
