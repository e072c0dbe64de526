import type { Kind } from "../../apis/kind.ts";
import { REVIEW_KINDS } from "../../apis/reviews/index.ts";

/** What clients find although nothing of it is stored: reviews. */
const VIRTUAL: readonly Kind[] = REVIEW_KINDS;

export const isVirtual = (kind: Kind): boolean => VIRTUAL.includes(kind);

const cache = new WeakMap<readonly Kind[], readonly Kind[]>();

/** Everything that discovery and OpenAPI tell of; the same list for the same stored kinds. */
export function servedKinds(stored: readonly Kind[]): readonly Kind[] {
  const served = cache.get(stored) ?? withVirtual(stored);
  cache.set(stored, served);
  return served;
}

function withVirtual(stored: readonly Kind[]): readonly Kind[] {
  const paths = new Set(stored.map(pathOf));
  return [...stored, ...VIRTUAL.filter((kind) => !paths.has(pathOf(kind)))];
}

const pathOf = ({ group, version, plural }: Kind): string => `${group}/${version}/${plural}`;
