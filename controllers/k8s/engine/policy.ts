import type { KubeObject } from "../../../apis/meta.ts";
import { APPLIED_ANNOTATION, type Owner, OWNER_ANNOTATION, RESOURCE_LABEL } from "../manifests/index.ts";
import type { Deployed } from "./refs.ts";

/** On an object, as annotation or label: whether it goes when what has applied it goes. */
export const POLICY = "tiltish.dev/down-policy";
/** Helm's is honoured too. */
const HELM_POLICY = "helm.sh/resource-policy";

const policyOf = ({ metadata }: KubeObject, name: string): string | undefined =>
  metadata.annotations?.[name] ?? metadata.labels?.[name];

/** With these goes what others have put into them. */
const CONTAINERS = ["Namespace", "CustomResourceDefinition"];

export const isContainer = ({ kind }: Pick<Deployed, "kind">): boolean => CONTAINERS.includes(kind);

/** Why an object is not deleted, if it is not. */
export function keptFor(object: KubeObject): "kept" | "left" | undefined {
  const policy = policyOf(object, POLICY);
  if (policy === "keep" || policyOf(object, HELM_POLICY) === "keep") return "kept";
  return isContainer(object) && policy !== "delete" ? "left" : undefined;
}

/** Who has applied it last, if that was a K8sResource. */
export function ownerIn({ metadata }: KubeObject): string | undefined {
  const label = metadata.labels?.[RESOURCE_LABEL];
  return metadata.annotations?.[OWNER_ANNOTATION] ?? (label && `*/${label}/*`);
}

/** Whether an object is still the one that was applied, and nobody else's since. */
export function isOurs(present: KubeObject, ref: Deployed, owner: Owner): boolean {
  const { uid, annotations = {}, labels = {} } = present.metadata;
  if (ref.uid && uid !== ref.uid) return false;
  const mark = annotations[OWNER_ANNOTATION];
  if (mark !== undefined) return mark === owner.id;
  const label = labels[RESOURCE_LABEL];
  // What was only about to be applied may be somebody else's; what a command has applied bears no mark.
  if (!ref.uid && annotations[APPLIED_ANNOTATION] === undefined) return false;
  return label === undefined ? Boolean(ref.uid) : label === owner.label;
}

/** `NAMESPACE/NAME` of an owner. */
export const nameOfOwner = (id: string): string => id.split("/").slice(0, 2).join("/").replace(/^\*\//, "");
