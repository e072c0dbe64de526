import { createHash } from "node:crypto";
import type { KubeObject } from "../../../apis/meta.ts";
import { podTemplatesIn } from "./templates.ts";

/** On what is applied and on its pods: which K8sResource it is of. */
export const RESOURCE_LABEL = "tiltish.dev/k8sresource";
/** On pods: from which template they were made. */
export const TEMPLATE_LABEL = "tiltish.dev/pod-template-hash";
/** On what is applied: a hash of it. It tells, after a crash, what had been applied already. */
export const APPLIED_ANNOTATION = "tiltish.dev/applied-hash";
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

/** Marks an object, and what pods are made from in it, as ours. */
export function mark(object: KubeObject, owner: string): void {
  const { status: _, ...content } = object;
  delete (object as { status?: unknown }).status;
  const label = labelValueOf(owner);
  for (const template of podTemplatesIn(object)) {
    const hash = hashOf(template);
    template.metadata = {
      ...template.metadata,
      labels: { ...template.metadata?.labels, [RESOURCE_LABEL]: label, [TEMPLATE_LABEL]: hash },
    };
  }
  const { labels, annotations } = object.metadata;
  object.metadata.labels = { [MANAGED_BY]: "tiltish", ...labels, [RESOURCE_LABEL]: label };
  object.metadata.annotations = { ...annotations, [APPLIED_ANNOTATION]: hashOf(content) };
}

/** Of each template in these, as {@link mark} has marked it. */
export const templateHashes = (objects: readonly KubeObject[]): string[] => [
  ...new Set(
    objects.flatMap(podTemplatesIn).flatMap(({ metadata }) => metadata?.labels?.[TEMPLATE_LABEL] ?? []),
  ),
];

const LONGEST_LABEL = 63;

/** The name, or as much of it as fits and a hash. */
export const labelValueOf = (name: string): string =>
  name.length <= LONGEST_LABEL ? name : `${name.slice(0, LONGEST_LABEL - 17)}-${hashOf(name)}`;
