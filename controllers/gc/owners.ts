import type { KubeObject, NamespacedName, OwnerReference } from "../../apis/meta.ts";
import { nameOf, type AnyKind, type AnyObject } from "../../client/index.ts";
import { hasFinalizer, isBeingDeleted, refersToKind, type Manager } from "../runtime/index.ts";

/** Set by the server on an object that is deleted with this policy; taken away by the collector. */
export const FOREGROUND_FINALIZER = "foregroundDeletion";
export const ORPHAN_FINALIZER = "orphan";

/** One object, by kind and name. */
export interface Node extends NamespacedName {
  kind: AnyKind;
}

/** An object of the API, together with its kind. */
export interface Dependent extends Node {
  object: AnyObject;
}

export type OwnerState = "present" | "deletingDependents" | "absent" | "unknown";

export const isDeletingDependents = (object: Pick<KubeObject, "metadata">): boolean =>
  isBeingDeleted(object) && hasFinalizer(object, FOREGROUND_FINALIZER);

export const isOrphaning = (object: Pick<KubeObject, "metadata">): boolean =>
  isBeingDeleted(object) && hasFinalizer(object, ORPHAN_FINALIZER);

/** Who belongs to whom. Identity is the uid: a name may have been taken by another one since. */
export class Owners {
  readonly #manager: Manager;
  readonly #kinds: readonly AnyKind[];

  constructor(manager: Manager, kinds: readonly AnyKind[]) {
    this.#manager = manager;
    this.#kinds = kinds;
  }

  /** The owners that `object` names, as far as they could exist. */
  ownersOf(object: Pick<KubeObject, "metadata">): Node[] {
    return (object.metadata.ownerReferences ?? []).flatMap((reference) => {
      const kind = this.#kindOf(reference);
      return kind ? [nodeOf(kind, reference, object)] : [];
    });
  }

  /** The dependents of `owner` as the informers know them. */
  dependentsOf({ metadata }: Pick<KubeObject, "metadata">): Dependent[] {
    const { uid } = metadata;
    if (!uid) return [];
    return this.#kinds.flatMap((kind) =>
      this.#manager
        .informer(kind)
        .by("owner", uid)
        .map((object) => ({ kind, ...nameOf(object), object })),
    );
  }

  /** The dependents of `owner` as the server knows them. */
  async readDependentsOf({ metadata }: Pick<KubeObject, "metadata">): Promise<Dependent[]> {
    const { uid, namespace } = metadata;
    const where = namespace ? { namespace } : { allNamespaces: true };
    const kinds = this.#kinds.filter((kind) => !namespace || kind.namespaced);
    const lists = await Promise.all(
      kinds.map(async (kind) => {
        const { items } = await this.#manager.client.list(kind, where);
        const owned = items.filter((object) => uid && referenceTo(object, uid));
        return owned.map((object) => ({ kind, ...nameOf(object), object }));
      }),
    );
    return lists.flat();
  }

  /** What has become of an owner. That it is absent is only said when the server says so. */
  async stateOf(reference: OwnerReference, dependent: Node): Promise<OwnerState> {
    const kind = this.#kindOf(reference);
    if (!kind) return "unknown";
    if (kind.namespaced && !dependent.kind.namespaced) return "absent";
    const node = nodeOf(kind, reference, { metadata: { name: "", namespace: dependent.namespace } });
    const cached = this.#manager.informer(kind).get(node);
    const owner =
      cached?.metadata.uid === reference.uid ? cached : await this.#manager.client.get(kind, node);
    if (owner?.metadata.uid !== reference.uid) return "absent";
    return isDeletingDependents(owner) ? "deletingDependents" : "present";
  }

  #kindOf(reference: OwnerReference): AnyKind | undefined {
    return this.#kinds.find((kind) => refersToKind(reference, kind));
  }
}

export const referenceTo = (
  { metadata }: Pick<KubeObject, "metadata">,
  uid: string,
): OwnerReference | undefined => metadata.ownerReferences?.find((reference) => reference.uid === uid);

const nodeOf = (
  kind: AnyKind,
  { name }: OwnerReference,
  { metadata }: Pick<KubeObject, "metadata">,
): Node => ({
  kind,
  namespace: kind.namespaced ? (metadata.namespace ?? "") : "",
  name,
});
