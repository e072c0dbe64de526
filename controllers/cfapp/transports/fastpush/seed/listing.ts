import type { FileEntry } from "../../../../../apis/fastpush.ts";
import type { Entry, Tree } from "../../../../sync/index.ts";

/** What the original says of a file: its hash, and when it changed, in seconds. */
export interface SeedFile {
  readonly hash: string;
  readonly modification: number;
}

export type SeedFiles = ReadonlyMap<string, SeedFile>;

const HASH = /^[0-9a-f]{64}$/;
/** What it would be given if it were written. */
const MODE = 0o644;

/** Reads a listing. What is no path of an app, or has no hash, is left out. @throws Error if it is none. */
export function seedFilesIn(body: Buffer): SeedFiles {
  const listed = JSON.parse(body.toString("utf8")) as Record<string, FileEntry> | null;
  if (listed === null || typeof listed !== "object" || Array.isArray(listed))
    throw new Error("the listing is no object of files");
  const files = new Map<string, SeedFile>();
  for (const [path, { Checksum, Modification }] of Object.entries(listed))
    if (isPath(path) && HASH.test(Checksum)) files.set(path, { hash: Checksum, modification: Modification });
  return files;
}

/** A key that names a place below the root, and no other. Nothing else is ever sent. */
export const isPath = (key: string): boolean =>
  key.split("/").every((name) => name !== "" && name !== "." && name !== "..") && !key.includes("\0");

/** Keys that are never listed, though they can be written. */
export const isHidden = (path: string): boolean => path.startsWith(".git");

/**
 * Files as a tree. Their sizes and modes are not told; those of local files with the same content are taken for them.
 */
export function treeOf(files: SeedFiles, local: Tree | undefined): Map<string, Entry> {
  const tree = new Map<string, Entry>();
  for (const [path, { hash }] of files) {
    const here = local?.get(path);
    const isSame = here?.type === "file" && here.hash === hash;
    tree.set(path, isSame ? here : { type: "file", size: 0, mode: MODE, hash });
    addParents(tree, path);
  }
  return tree;
}

function addParents(tree: Map<string, Entry>, path: string): void {
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const parent = path.slice(0, at);
    if (!tree.has(parent)) tree.set(parent, { type: "directory" });
  }
}
