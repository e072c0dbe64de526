import type { LocalProcess } from "../../v1alpha1/index.ts";
import { containerStatusOf } from "./container.ts";
import type { ContainerStatus, PodCondition, PodStatus } from "./schema.ts";
import { secondsIn } from "./seconds.ts";
import { CONTAINER } from "./spec.ts";

const LOOPBACK = "127.0.0.1";

export function podStatusOf(process: LocalProcess): PodStatus {
  const { status = {}, metadata } = process;
  const container = containerStatusOf(process);
  const isPlaced = status.host !== undefined;
  return {
    phase: phaseOf(status.state, container),
    conditions: conditionsOf(process, container),
    ...(status.message && { message: status.message }),
    ...(isPlaced && {
      hostIP: LOOPBACK,
      hostIPs: [{ ip: LOOPBACK }],
      podIP: LOOPBACK,
      podIPs: [{ ip: LOOPBACK }],
      ...secondsIn({ startTime: metadata.creationTimestamp }),
    }),
    containerStatuses: [container],
    qosClass: "BestEffort",
  };
}

type State = NonNullable<LocalProcess["status"]>["state"];

/** As in a cluster, what waits to be restarted is Running; what waits for something else, or may not run, is not. */
function phaseOf(state: State, { state: container = {} }: ContainerStatus): PodStatus["phase"] {
  if (state === "Succeeded" || state === "Failed") return state;
  return container.running || state === "BackOff" ? "Running" : "Pending";
}

function conditionsOf(process: LocalProcess, { ready }: ContainerStatus): PodCondition[] {
  const { status, metadata } = process;
  const { creationTimestamp } = metadata;
  const since = secondsIn({ lastTransitionTime: creationTimestamp });
  const placement = status?.host === undefined ? unplaced(status?.message) : HOLDS;
  const readiness = {
    ...(ready ? HOLDS : unready(status?.state)),
    ...secondsIn({ lastTransitionTime: readinessTimeOf(process, ready) ?? creationTimestamp }),
  };
  return [
    { type: "PodScheduled", ...placement, ...since },
    { type: "Initialized", ...HOLDS, ...since },
    { type: "ContainersReady", ...readiness },
    { type: "Ready", ...readiness },
  ];
}

const HOLDS = { status: "True" } as const;

const unplaced = (message: string | undefined) =>
  ({ status: "False", reason: "Waiting", ...(message && { message }) }) as const;

const unready = (state: State) =>
  state === "Succeeded"
    ? ({ status: "False", reason: "PodCompleted" } as const)
    : ({
        status: "False",
        reason: "ContainersNotReady",
        message: `containers with unready status: [${CONTAINER}]`,
      } as const);

/** A process that has done its work is ready, and its Pod is not: then the end is when that changed. */
function readinessTimeOf({ status }: LocalProcess, ready: boolean): string | undefined {
  const condition = status?.conditions?.find(({ type }) => type === "Ready");
  const isSame = (condition?.status === "True") === ready;
  return isSame ? condition?.lastTransitionTime : status?.finishTime;
}
