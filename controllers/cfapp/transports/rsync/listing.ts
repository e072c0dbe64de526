import { DIRECTORY, type Entry, type Tree } from "../../../sync/index.ts";

const FIELDS = 5;
const HASH_HEX = 64;
const MODE_BITS = 0o777;

/** Reads what a container lists: kind, mode, size, target, path, again and again; nothing; then hashes with paths. */
export function listingFrom(output: Buffer): Tree {
  const fields = output.toString("utf8").split("\0");
  const end = endOf(fields);
  const hashes = new Map<string, string>();
  for (const line of fields.slice(end + 1)) {
    // A hash, two blanks, and the path below the directory.
    if (line.length > HASH_HEX)
      hashes.set(line.slice(HASH_HEX + 2).replace(/^\.\//, ""), line.slice(0, HASH_HEX));
  }
  const tree = new Map<string, Entry>();
  for (let at = 0; at < end; at += FIELDS) {
    const [kind, mode, size, target, path] = fields.slice(at, at + FIELDS) as Line;
    const entry = entryOf({ kind, mode, size, target }, hashes.get(path));
    if (entry && !path.includes("\u{FFFD}")) tree.set(path, entry);
  }
  return tree;
}

type Line = [kind: string, mode: string, size: string, target: string, path: string];

/** A kind is never empty: what is, is the end of the first part. */
function endOf(fields: readonly string[]): number {
  let at = 0;
  while (at < fields.length && fields[at] !== "") at += FIELDS;
  return at;
}

/** What went away before it was read is not there. */
function entryOf(
  { kind, mode, size, target }: Record<"kind" | "mode" | "size" | "target", string>,
  hash: string | undefined,
): Entry | undefined {
  if (kind === "d") return DIRECTORY;
  if (kind === "l") return { type: "link", target };
  if (kind !== "f" || hash === undefined) return undefined;
  return { type: "file", size: Number(size), mode: Number.parseInt(mode, 8) & MODE_BITS, hash };
}
