import { createHash } from "node:crypto";
import type { KubeObject } from "../../../apis/meta.ts";
import { podTemplatesIn } from "./templates.ts";

/** On what is applied and on its pods: which K8sResource it is of. */
export const RESOURCE_LABEL = "tiltish.dev/k8sresource";
/** On pods: from which template they were made. */
export const TEMPLATE_LABEL = "tiltish.dev/pod-template-hash";
/** On what is applied: a hash of it. It tells, after a crash, what had been applied already. */
export const APPLIED_ANNOTATION = "tiltish.dev/applied-hash";
/** On what is applied: whose it is, of all the K8sResources of all the servers that use the cluster. */
export const OWNER_ANNOTATION = "tiltish.dev/owner";
const MANAGED_BY = "app.kubernetes.io/managed-by";

/** Short enough for a label. */
export const hashOf = (value: unknown): string =>
  createHash("sha256").update(canonical(value)).digest("hex").slice(0, 16);

/** The same text whatever the order of the fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** Who applies: what tells its objects from those of others. */
export interface Owner {
  /** Value of the label, for people. Others may have the same. */
  readonly label: string;
  /** `NAMESPACE/NAME/UID`, which nobody else has. */
  readonly id: string;
}

export const ownerFor = ({ metadata }: Pick<KubeObject, "metadata">): Owner => ({
  label: labelValueOf(metadata.name),
  id: `${metadata.namespace ?? ""}/${metadata.name}/${metadata.uid ?? ""}`,
});

/** Marks an object, and what pods are made from in it, as ours. */
export function mark(object: KubeObject, { label, id }: Owner): void {
  const { status: _, ...content } = object;
  delete (object as { status?: unknown }).status;
  for (const template of podTemplatesIn(object)) {
    const hash = hashOf(template);
    template.metadata = {
      ...template.metadata,
      labels: { ...template.metadata?.labels, [RESOURCE_LABEL]: label, [TEMPLATE_LABEL]: hash },
    };
  }
  const { labels, annotations } = object.metadata;
  object.metadata.labels = { [MANAGED_BY]: "tiltish", ...labels, [RESOURCE_LABEL]: label };
  object.metadata.annotations = {
    ...annotations,
    [OWNER_ANNOTATION]: id,
    [APPLIED_ANNOTATION]: hashOf(content),
  };
}

/** Of each template in these, as {@link mark} has marked it. */
export const templateHashes = (objects: readonly KubeObject[]): string[] => [
  ...new Set(
    objects.flatMap(podTemplatesIn).flatMap(({ metadata }) => metadata?.labels?.[TEMPLATE_LABEL] ?? []),
  ),
];

const LONGEST_LABEL = 63;

/** The name, or as much of it as fits and a hash. */
const labelValueOf = (name: string): string =>
  name.length <= LONGEST_LABEL ? name : `${name.slice(0, LONGEST_LABEL - 17)}-${hashOf(name)}`;
