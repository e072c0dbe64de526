import type { KubeObject } from "../../../apis/meta.ts";
import type { K8sResource } from "../../../apis/v1alpha1/index.ts";

export type Status = NonNullable<K8sResource["status"]>;
export type Deployed = NonNullable<Status["deployed"]>[number];

/** One object of a cluster, whatever the version it is spoken of in. */
export function keyOfRef({
  apiVersion = "v1",
  kind,
  namespace = "",
  name,
}: Omit<Deployed, "uid" | "hash">): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return [group, kind, namespace, name].join("/");
}

export const refOf = ({ apiVersion, kind, metadata }: KubeObject): Deployed => ({
  apiVersion,
  kind,
  name: metadata.name,
  ...(metadata.namespace && { namespace: metadata.namespace }),
});

export const textOfRef = ({ kind, name, namespace }: Deployed): string =>
  namespace ? `${kind}/${name} in ${namespace}` : `${kind}/${name}`;

const SHOWN = 10;

/** The same of several, as far as people read. */
export function textOfRefs(refs: readonly Deployed[]): string {
  const more = refs.length > SHOWN ? ` and ${refs.length - SHOWN} more` : "";
  return refs.slice(0, SHOWN).map(textOfRef).join(", ") + more;
}

/** The first of these, and those of the second that are not among them. */
export function union(first: readonly Deployed[], second: readonly Deployed[]): Deployed[] {
  const keys = new Set(first.map(keyOfRef));
  return [...first, ...second.filter((ref) => !keys.has(keyOfRef(ref)))];
}

export function without(refs: readonly Deployed[], gone: readonly Deployed[]): Deployed[] {
  const keys = new Set(gone.map(keyOfRef));
  return refs.filter((ref) => !keys.has(keyOfRef(ref)));
}
