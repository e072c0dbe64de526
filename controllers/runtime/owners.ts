import type { KubeObject, NamespacedName, OwnerReference } from "../../apis/meta.ts";
import { versionOf, type AnyKind } from "../../client/index.ts";

type Owned = Pick<KubeObject, "metadata">;
type Owner = Pick<KubeObject, "apiVersion" | "kind" | "metadata">;

/** For the `metadata.ownerReferences` of what `owner` controls. */
export const ownerReferenceTo = ({ apiVersion, kind, metadata }: Owner): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? "",
  controller: true,
  blockOwnerDeletion: true,
});

/** Whether `owner` is among the owners of `object`. The uid tells, for a name may be taken again. */
export const isOwnedBy = ({ metadata }: Owned, owner: Owned): boolean =>
  owner.metadata.uid !== undefined &&
  (metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid);

/** The reference to the one owner that controls `object`. */
export const controllerOf = ({ metadata }: Owned): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller);

/** The name of the owner of this kind that controls `object`, in a list of one or none. */
export function ownerOfKind(object: Owned, kind: AnyKind): NamespacedName[] {
  const owner = controllerOf(object);
  if (!owner || owner.kind !== kind.kind || groupOf(owner.apiVersion) !== kind.group) return [];
  const namespace = kind.namespaced ? (object.metadata.namespace ?? "") : "";
  return [{ namespace, name: owner.name }];
}

/** An owner reference holds across versions, so only the group is compared. */
export const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";

export const refersToKind = ({ apiVersion, kind }: OwnerReference, wanted: AnyKind): boolean =>
  kind === wanted.kind && groupOf(apiVersion) === groupOf(versionOf(wanted));
