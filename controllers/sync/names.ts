import type { Rejected } from "./rejected.ts";

/** What a name may be long on the other side, in bytes. */
const MAX_NAME = 255;
const MAX_PATH = 4000;

/** Names that the other side keeps for itself. */
const RESERVED = /^\.tiltish-/;

/** What stands for bytes that are no UTF-8. */
const REPLACEMENT = "\u{FFFD}";

/** Why a path cannot be had on the other side; undefined if it can. */
export function badNameOf(path: string): Rejected | undefined {
  const message = problemOf(path);
  return message === undefined ? undefined : { path, reason: "BadName", message };
}

function problemOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.includes(REPLACEMENT)) return "its name is not UTF-8; rename it";
  if (name.includes("\\")) return "its name has a backslash, which the platform takes for a slash; rename it";
  if (RESERVED.test(name)) return "names that begin with .tiltish- are kept for the sync itself";
  if (Buffer.byteLength(name) > MAX_NAME) return `its name is longer than ${MAX_NAME} bytes`;
  if (Buffer.byteLength(path) > MAX_PATH) return `its path is longer than ${MAX_PATH} bytes`;
  return undefined;
}

/**
 * Paths whose names differ only in case or in how accents are written. On a host that takes such names for the same,
 * which of them is meant cannot be known.
 */
export function collisionsIn(paths: Iterable<string>): Rejected[] {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const folded = path.normalize("NFC").toLowerCase();
    const group = groups.get(folded);
    if (group) group.push(path);
    else groups.set(folded, [path]);
  }
  return [...groups.values()].filter((group) => group.length > 1).flatMap(collision);
}

const collision = (group: readonly string[]): Rejected[] =>
  group.map((path) => ({
    path,
    reason: "NameCollision",
    message: `its name is the same as that of ${group.filter((other) => other !== path).join(", ")} on this host`,
  }));
