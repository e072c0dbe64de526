import type { Kind, ObjectOf } from "../apis/kind.ts";
import type { KubeObject, NamespacedName, ObjectMeta } from "../apis/meta.ts";
import type { ObjectRef, ResourceRef } from "../apis/transport.ts";

// Only types come from apis/kind.ts and apis/meta.ts: loading their schema library would cost every run of the
// CLI some 80 ms, and nothing in the client needs it.

/**
 * Any kind. Its `validate` takes objects of that very kind, so that no kind is a plain `Kind`; without it, each is.
 */
export type AnyKind = Omit<Kind, "validate">;

/** An object of any kind. */
export type AnyObject = ObjectOf<AnyKind>;

/** A name in the client's own namespace, or one that says its namespace. Any `metadata` will do. */
export type Name = string | Pick<ObjectMeta, "namespace" | "name">;

/** Where the objects of a kind are. */
export const resourceOf = ({ group, version, plural }: ResourceRef): ResourceRef => ({
  group,
  version,
  plural,
});

/** Where one object is. `home` is the namespace of a name that does not say one. */
export function objectRefOf(kind: AnyKind, name: Name, home = ""): ObjectRef {
  const given = typeof name === "string" ? { name } : name;
  const namespace = kind.namespaced ? (given.namespace ?? home) : "";
  return { ...resourceOf(kind), namespace, name: given.name };
}

export const versionOf = ({ group, version }: Pick<ResourceRef, "group" | "version">): string =>
  group ? `${group}/${version}` : version;

/** The name of an object as controllers pass it around. */
export const nameOf = ({ metadata }: Pick<KubeObject, "metadata">): NamespacedName => ({
  namespace: metadata.namespace ?? "",
  name: metadata.name,
});

/** One string per name, for maps. */
export const keyOf = ({ namespace, name }: NamespacedName): string => `${namespace}/${name}`;
