import { inflateSync } from "node:zlib";
import type { Entry } from "../../../sync/index.ts";
import type { Listing } from "../transport.ts";

const FIELDS = 5;

/** Reads what an agent lists: kind and mark, mode or target, size, hash, path; again and again. */
export function listingOf(deflated: Buffer): Listing {
  const text = inflateSync(deflated).toString("utf8");
  const fields = text === "" ? [] : text.split("\0");
  const [tree, tracked] = [new Map<string, Entry>(), new Set<string>()];
  for (let at = 0; at + FIELDS <= fields.length; at += FIELDS) {
    const [kind, detail, size, hash, path] = fields.slice(at, at + FIELDS) as [
      string,
      string,
      string,
      string,
      string,
    ];
    tree.set(path, entryOf(kind[0], { detail, size, hash }));
    if (kind[1] === "T") tracked.add(path);
  }
  return { tree, tracked };
}

function entryOf(
  kind: string | undefined,
  { detail, size, hash }: Record<"detail" | "size" | "hash", string>,
): Entry {
  if (kind === "F") return { type: "file", size: Number(size), mode: Number.parseInt(detail, 8), hash };
  return kind === "L" ? { type: "link", target: detail } : { type: "directory" };
}
