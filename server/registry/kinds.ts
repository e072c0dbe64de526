import type { Kind } from "../../apis/kind.ts";
import type { Kinds } from "./types.ts";

/** The kinds of a fixed list. */
export function createKinds(kinds: readonly Kind[]): Kinds {
  const byPath = new Map(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.plural}`, kind]));
  return {
    find: (group, version, plural) => byPath.get(`${group}/${version}/${plural}`),
    all: () => kinds,
  };
}
