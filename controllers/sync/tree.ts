import { createHash } from "node:crypto";

/** A file with its content, told by its hash. */
export interface FileEntry {
  readonly type: "file";
  /** Bytes. */
  readonly size: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  /** SHA-256 of the content, in hex. */
  readonly hash: string;
}

/** A symbolic link. It leads to a place below the root. */
export interface LinkEntry {
  readonly type: "link";
  readonly target: string;
}

export interface DirectoryEntry {
  readonly type: "directory";
}

/** What is at a path, as far as two sides are kept in step. Times and owners are not. */
export type Entry = FileEntry | LinkEntry | DirectoryEntry;

/** Entries by path: relative to the root, with `/`, without `.` and `..`. Every directory has an entry of its own. */
export type Tree = ReadonlyMap<string, Entry>;

export const DIRECTORY: DirectoryEntry = { type: "directory" };

/** One hash for all of a tree: equal if and only if everything that is kept in step is equal. */
export function treeHashOf(tree: Tree): string {
  const hash = createHash("sha256");
  for (const path of [...tree.keys()].toSorted()) hash.update(`${path}\0${describe(tree.get(path)!)}\0`);
  return hash.digest("hex");
}

function describe(entry: Entry): string {
  if (entry.type === "file") return `file ${entry.mode.toString(8)} ${entry.size} ${entry.hash}`;
  return entry.type === "link" ? `link ${entry.target}` : "directory";
}

export function isSameEntry(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.type === "file" && b.type === "file")
    return a.hash === b.hash && a.size === b.size && a.mode === b.mode;
  return describe(a) === describe(b);
}

/** The directories above a path, outermost first: of `a/b/c`, `a` and `a/b`. */
export function* parentsOf(path: string): Generator<string, void, void> {
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) yield path.slice(0, at);
}

/** Outermost first: no path before one that it is below of. */
export const byDepth = (paths: Iterable<string>): string[] =>
  [...paths].toSorted((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));

const depthOf = (path: string): number => path.split("/").length;
