import { type Entry, isSameEntry, matcherOf, parentsOf, DIRECTORY, type Tree } from "../../sync/index.ts";

/** As in `spec.liveUpdate`. */
export interface Rules {
  readonly sync: readonly { readonly from: string; readonly to: string }[];
  readonly stopOn?: readonly string[] | undefined;
}

/** What of a context is where in a container. Paths of both sides are relative to their roots. */
export class Places {
  readonly #rules: readonly { from: string; to: string }[];

  constructor({ sync }: Rules) {
    this.#rules = sync.map(({ from, to }) => ({ from: cleaned(from), to: cleaned(to) }));
  }

  /** All places of a path of the context; none if no rule is about it. */
  of(path: string): string[] {
    return this.#rules.flatMap(({ from, to }) => {
      if (from === "") return [`${to}/${path}`];
      if (path === from) return [to];
      return path.startsWith(`${from}/`) ? [to + path.slice(from.length)] : [];
    });
  }

  /** The part of a context that is synced, as it is to be in the container. */
  treeOf(context: Tree): Tree {
    const tree = new Map<string, Entry>();
    for (const [path, entry] of context)
      for (const place of this.of(path)) {
        for (const parent of parentsOf(place)) if (!tree.has(parent)) tree.set(parent, DIRECTORY);
        tree.set(place, entry);
      }
    return tree;
  }
}

/** `./src/` → `src`, `.` → "" */
const cleaned = (path: string): string =>
  path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");

/** Files and links that differ. An empty directory more or less is no reason for anything. */
export function changesBetween(before: Tree, now: Tree): string[] {
  return [...new Set([...before.keys(), ...now.keys()])].filter((path) => {
    const [was, is] = [before.get(path), now.get(path)];
    return !(isNothing(was) && isNothing(is)) && !isSameEntry(was, is);
  });
}

const isNothing = (entry: Entry | undefined): boolean => entry === undefined || entry.type === "directory";

/** Every look at the state of a repository may write there, and no watch tells of it. */
const isOfGit = (path: string): boolean => path.startsWith(".git/");

/** Why what has changed since the build needs a new one; undefined if containers can be updated in place. */
export function obstacleIn(changed: readonly string[], rules: Rules): string | undefined {
  const stops = matcherOf(rules.stopOn ?? []);
  const stopped = changed.find((path) => stops(path));
  if (stopped !== undefined) return `${stopped} has changed, which is in spec.liveUpdate.stopOn`;
  const places = new Places(rules);
  const unplaced = changed.find((path) => !isOfGit(path) && places.of(path).length === 0);
  return unplaced === undefined
    ? undefined
    : `${unplaced} has changed, which spec.liveUpdate.sync does not name`;
}
