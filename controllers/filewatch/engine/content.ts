import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import type { FileStat } from "./file-stat.ts";

/** Larger files are taken as changed when their size or time differs: reading them would hold up everything else. */
const MAX_HASHED_BYTES = 4 * 1024 * 1024;

export const isHashable = (stat: FileStat): boolean => stat.size <= MAX_HASHED_BYTES;

/** What the file holds, or where the link points; nothing if it is too large or cannot be read. */
export function hashOf(path: string, stat: FileStat): string | undefined {
  if (!isHashable(stat)) return undefined;
  try {
    const content = stat.link ? readlinkSync(path) : readFileSync(path);
    return createHash("sha1").update(content).digest("base64").slice(0, 22);
  } catch {
    return undefined;
  }
}
