import type { Condition, KubeObject } from "../../../apis/meta.ts";
import type { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { TEMPLATE_LABEL } from "../manifests/index.ts";

type Status = NonNullable<K8sResource["status"]>;
/** A pod as the status of a K8sResource tells of it. */
export type PodStatus = NonNullable<Status["pods"]>[number];

interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: { reason?: string; message?: string; exitCode?: number };
}

export interface ContainerStatus {
  name: string;
  image?: string;
  ready?: boolean;
  restartCount?: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

/** A pod as its cluster has it, as far as it concerns us. */
export type Pod = KubeObject & {
  spec?: { containers?: { name: string; image?: string }[] };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
};

export const containersIn = ({ status = {} }: Pod): ContainerStatus[] => [
  ...(status.initContainerStatuses ?? []),
  ...(status.containerStatuses ?? []),
];

export const isReady = ({ status = {} }: Pod): boolean =>
  status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;

export const isEnding = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** As it is told in a status. */
export function podStatusOf(pod: Pod, ancestorUID: string | undefined): PodStatus {
  const { metadata, status = {} } = pod;
  const [owner] = metadata.ownerReferences ?? [];
  const containers = containersIn(pod);
  const message = troubleOf(pod)?.message;
  const hash = metadata.labels?.[TEMPLATE_LABEL];
  return {
    name: metadata.name,
    ...(metadata.namespace && { namespace: metadata.namespace }),
    ...(metadata.uid && { uid: metadata.uid }),
    ...(status.phase && { phase: isEnding(pod) ? "Terminating" : status.phase }),
    ready: isReady(pod),
    restarts: containers.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    ...(ancestorUID && { ancestorUID }),
    ...(owner && { owner: `${owner.kind}/${owner.name}` }),
    ...(hash && { podTemplateSpecHash: hash }),
    containers: containers.map(containerOf),
    ...(message && { message }),
  };
}

const containerOf = ({ name, image, ready, restartCount, state = {} }: ContainerStatus) => ({
  name,
  ...(image && { image }),
  ...(ready !== undefined && { ready }),
  state: stateText(state),
  ...(restartCount !== undefined && { restarts: restartCount }),
});

const stateText = ({ waiting, terminated }: ContainerState): string =>
  waiting ? (waiting.reason ?? "Waiting") : terminated ? (terminated.reason ?? "Terminated") : "Running";

/** What keeps a pod from being ready, in one word and for people. */
export interface Trouble {
  readonly reason: string;
  readonly message: string;
}

/** States from which a container does not get out by itself, or only after long. */
const STUCK =
  /^(CrashLoopBackOff|ImagePullBackOff|ErrImagePull|InvalidImageName|ErrImageNeverPull|CreateContainerConfigError|CreateContainerError|RunContainerError)$/;

const REMEDIES: Readonly<Record<string, string>> = {
  CrashLoopBackOff: "its log tells why it ends",
  ImagePullBackOff:
    "correct the name of the image, push it, or give the cluster credentials for its registry",
  ErrImagePull: "correct the name of the image, push it, or give the cluster credentials for its registry",
  InvalidImageName: "correct the name of the image",
  CreateContainerConfigError: "create the ConfigMap or Secret that it names",
};

/** What is wrong with a pod; undefined if nothing is, or if it only takes its time. */
export function troubleOf(pod: Pod): Trouble | undefined {
  const { status = {}, metadata } = pod;
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  const where = `Pod/${metadata.name}`;
  if (scheduled?.status === "False") {
    const message = `${where} cannot be placed: ${scheduled.message}; ask for less, or give the cluster more`;
    return { reason: scheduled.reason || "Unschedulable", message };
  }
  const stuck = containersIn(pod).find(({ state }) => STUCK.test(state?.waiting?.reason ?? ""));
  if (stuck) return stuckIn(where, stuck);
  if (status.phase !== "Failed") return undefined;
  return { reason: status.reason || "PodFailed", message: `${where} has failed: ${endOf(pod)}` };
}

function stuckIn(where: string, { name, restartCount = 0, state, lastState }: ContainerStatus): Trouble {
  const { reason = "", message = "" } = state?.waiting ?? {};
  const { exitCode, reason: end } = lastState?.terminated ?? {};
  const ended = exitCode === undefined ? "" : ` after exit code ${exitCode}${end ? ` (${end})` : ""}`;
  const often = restartCount > 0 ? `, restarted ${restartCount} times` : "";
  const remedy = REMEDIES[reason] ? `; ${REMEDIES[reason]}` : "";
  return { reason, message: `${where}, container ${name}: ${reason}${ended}${often}: ${message}${remedy}` };
}

function endOf(pod: Pod): string {
  const ended = containersIn(pod).find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  const { exitCode, reason = "" } = ended?.state?.terminated ?? {};
  return ended
    ? `container ${ended.name} exit code ${exitCode} ${reason}`.trim()
    : (pod.status?.message ?? "");
}
