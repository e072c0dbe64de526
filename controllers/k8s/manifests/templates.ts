/** A container of a pod, as far as it concerns us. */
export interface ContainerSpec {
  name?: string;
  image?: string;
  imagePullPolicy?: string;
}

/** A pod, or what pods are made from. */
export interface PodTemplate {
  metadata?: { labels?: Record<string, string>; [field: string]: unknown };
  spec: {
    containers: ContainerSpec[];
    initContainers?: ContainerSpec[];
    [field: string]: unknown;
  };
}

const MAX_DEPTH = 20;

/**
 * Everything in an object that pods are made from: of a Deployment or a Job, of a CronJob, of whatever custom resource
 * has such a template, and a Pod itself. They are the object's own: who changes them changes it.
 */
export const podTemplatesIn = (object: object): PodTemplate[] =>
  isDefinition(object) ? [] : found(object, 0);

/** It describes templates and has none. */
const isDefinition = (object: object): boolean =>
  (object as { kind?: string }).kind === "CustomResourceDefinition";

function found(value: unknown, depth: number): PodTemplate[] {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return [];
  if (isTemplate(value)) return [value];
  return Object.values(value).flatMap((each) => found(each, depth + 1));
}

function isTemplate(value: object): value is PodTemplate {
  const { spec } = value as { spec?: { containers?: unknown } };
  return (
    Array.isArray(spec?.containers) &&
    spec.containers.every((each) => typeof each === "object" && each !== null)
  );
}

export const containersOf = ({ spec }: PodTemplate): ContainerSpec[] => [
  ...spec.containers,
  ...(Array.isArray(spec.initContainers) ? spec.initContainers : []),
];

/** What a custom resource with a template does with it nobody knows. */
const BUILT_IN = new Set([
  "Deployment",
  "ReplicaSet",
  "StatefulSet",
  "DaemonSet",
  "ReplicationController",
  "Job",
  "Pod",
]);

/** A CronJob makes them when it is time, and what is scaled to nothing makes none. */
export function makesPods(object: object): boolean {
  const { kind, spec } = object as { kind?: string; spec?: { replicas?: number; suspend?: boolean } };
  if (kind === "CronJob" || spec?.replicas === 0 || spec?.suspend) return false;
  return BUILT_IN.has(kind ?? "") && podTemplatesIn(object).length > 0;
}
