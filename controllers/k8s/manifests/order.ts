import type { KubeObject } from "../../../apis/meta.ts";

/** What others live in, or are made of, comes first; what could refuse others comes last. */
const RANKS: readonly (readonly string[])[] = [
  ["Namespace"],
  ["CustomResourceDefinition"],
  ["PriorityClass", "StorageClass", "ResourceQuota", "LimitRange", "NetworkPolicy"],
  ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
  ["Secret", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim"],
  ["Service"],
  [],
  ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicyBinding"],
];
const OTHERS = 6;

const rankOf = ({ kind }: Pick<KubeObject, "kind">): number => {
  const rank = RANKS.findIndex((kinds) => kinds.includes(kind));
  return rank < 0 ? OTHERS : rank;
};

/** In the order in which to apply them; those of one rank stay as they were written. */
export const inOrder = <T extends { kind: string }>(objects: readonly T[]): T[] =>
  objects.toSorted((a, b) => rankOf(a) - rankOf(b));
