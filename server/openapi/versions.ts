import { apiVersionOf, type Kind } from "../../apis/kind.ts";

/** Kinds as documents have them. */
export interface Versions {
  /** Those of each document of OpenAPI 3, by its path, such as `apis/tiltish.dev/v1alpha1`. */
  readonly byPath: ReadonlyMap<string, readonly Kind[]>;
  /** All of them, for Swagger. */
  readonly all: readonly Kind[];
}

const known = new WeakMap<readonly Kind[], Versions>();

/** Kept until the list of kinds is another one. */
export function versionsOf(kinds: readonly Kind[]): Versions {
  const versions = known.get(kinds) ?? group(kinds);
  known.set(kinds, versions);
  return versions;
}

function group(kinds: readonly Kind[]): Versions {
  // In an order of their own, so that a kind which goes and comes back leaves the document as it was.
  const sorted = kinds
    .map((kind) => ({ kind, path: `${kind.group ? "apis" : "api"}/${apiVersionOf(kind)}` }))
    .toSorted((a, b) => compare(a.path, b.path) || compare(a.kind.plural, b.kind.plural));
  const byPath = new Map<string, Kind[]>();
  for (const { kind, path } of sorted) {
    const others = byPath.get(path);
    if (others) others.push(kind);
    else byPath.set(path, [kind]);
  }
  return { byPath, all: sorted.map(({ kind }) => kind) };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
