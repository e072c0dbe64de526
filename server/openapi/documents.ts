import { createHash } from "node:crypto";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { Info } from "./document.ts";
import type { Form } from "./forms.ts";
import { fragmentsOf, metaFragments } from "./fragments.ts";

/** A document in one form. It is put together when it is asked for, from parts that are kept. */
export interface Document {
  /** Changes when the document does. */
  readonly hash: string;
  readonly bytes: () => Buffer;
}

/** The kinds of each document of OpenAPI 3, by its path, such as `apis/tiltish.dev/v1alpha1`. */
export type Versions = ReadonlyMap<string, readonly Kind[]>;

/** Kept until the list of kinds is another one. */
const grouped = new WeakMap<readonly Kind[], Versions>();

export function versionsOf(kinds: readonly Kind[]): Versions {
  const versions = grouped.get(kinds) ?? byVersion(kinds);
  grouped.set(kinds, versions);
  return versions;
}

function byVersion(kinds: readonly Kind[]): Versions {
  const groups = new Map<string, Kind[]>();
  // In an order of their own, so that a kind which goes and comes back leaves the document as it was.
  const sorted = kinds
    .map((kind) => ({ kind, path: `${kind.group ? "apis" : "api"}/${apiVersionOf(kind)}` }))
    .toSorted((a, b) => compare(a.path, b.path) || compare(a.kind.plural, b.kind.plural));
  for (const { kind, path } of sorted) {
    const others = groups.get(path);
    if (others) others.push(kind);
    else groups.set(path, [kind]);
  }
  return groups;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The document of these kinds. */
export function documentOf(form: Form, kinds: readonly Kind[], version: string): Document {
  const info: Info = { title: "tiltish", version };
  const fragments = [...kinds.map((kind) => fragmentsOf(form, kind)), metaFragments(form)];
  const hash = createHash("sha256").update(JSON.stringify(info));
  for (const { digest } of fragments) hash.update(digest);
  return {
    hash: hash.digest("hex").slice(0, 32).toUpperCase(),
    bytes: () =>
      form.document({
        info,
        paths: fragments.map(({ paths }) => paths),
        schemas: [...new Map(fragments.flatMap(({ schemas }) => [...schemas])).values()],
      }),
  };
}
