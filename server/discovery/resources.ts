import { createHash } from "node:crypto";
import { isReadOnly, type Kind } from "../../apis/kind.ts";
import { isVirtual } from "./virtual.ts";

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What discovery tells of one resource, in either form. */
export interface Resource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly storageVersionHash?: string;
  readonly subresources: readonly Subresource[];
}

export interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
  /** What it shows; absent: the kind itself. */
  readonly shows?: GroupVersionKind;
}

/**
 * The resource of a kind.
 *
 * @param storage The kind that its objects are stored as.
 */
export function resourceOf(kind: Kind, storage: Kind | undefined): Resource {
  const verbs = kind.verbs.filter((verb) => !kind.custom?.isTerminating || !WRITES.has(verb));
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs,
    shortNames: kind.short,
    categories: kind.categories,
    ...(storage && !isReadOnly(storage) && !isVirtual(kind) && { storageVersionHash: hashOf(storage) }),
    subresources: subresourcesOf(kind),
  };
}

/** What is no longer offered for a kind whose definition is being deleted. */
const WRITES = new Set(["create", "patch", "update"]);

const SCALE: GroupVersionKind = { group: "autoscaling", version: "v1", kind: "Scale" };

function subresourcesOf({ subresources, verbs }: Kind): Subresource[] {
  const readAndWrite = ["get", "patch", "update"].filter((verb) => verbs.includes(verb));
  return [
    ...(subresources.status ? [{ name: "status", verbs: readAndWrite }] : []),
    ...(subresources.finalize ? [{ name: "finalize", verbs: ["update"] }] : []),
    ...(subresources.scale ? [{ name: "scale", verbs: readAndWrite, shows: SCALE }] : []),
    ...(subresources.log ? [{ name: "log", verbs: ["get"] }] : []),
    ...(subresources.trigger ? [{ name: "trigger", verbs: ["create"] }] : []),
  ];
}

/** Made as Kubernetes does: clients that migrate objects look whether it changes. */
const hashOf = ({ group, version, kind }: Kind): string =>
  createHash("sha256").update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString("base64");
