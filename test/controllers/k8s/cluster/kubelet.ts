import type { Loose } from "./workloads.ts";

const START = "2026-01-01T00:00:00Z";

interface ContainerSpec {
  name: string;
  image: string;
}

/** The state of a container, by what its image is called. */
function stateOf(image: string): { ready: boolean; restartCount: number; state: object } {
  if (image.includes("missing")) return waiting("ImagePullBackOff", `Back-off pulling image "${image}"`);
  if (image.includes("crash"))
    return { ...waiting("CrashLoopBackOff", "back-off 10s restarting failed container"), restartCount: 3 };
  if (image.includes("task"))
    return { ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: "Completed" } } };
  return { ready: true, restartCount: 0, state: { running: { startedAt: START } } };
}

const waiting = (reason: string, message: string) => ({
  ready: false,
  restartCount: 0,
  state: { waiting: { reason, message } },
});

/** What a pod comes to; undefined if it has. */
export function podStatusOf(pod: Loose, isSlow: boolean): object | undefined {
  const containers: ContainerSpec[] = pod.spec.containers;
  if (pod.status?.phase === "Running" || pod.status?.phase === "Succeeded" || pod.status?.manual)
    return undefined;
  if (isSlow) return pod.status?.phase ? undefined : { phase: "Pending" };
  if (containers.some(({ image }) => image.includes("giant"))) return unschedulable(pod);
  const containerStatuses = containers.map(({ name, image }) => ({ name, image, ...stateOf(image) }));
  const isReady = containerStatuses.every(({ ready }) => ready);
  const isOver = containers.every(({ image }) => image.includes("task"));
  const isPulling = containers.some(({ image }) => image.includes("missing"));
  const phase = isOver ? "Succeeded" : isPulling ? "Pending" : "Running";
  if (pod.status?.phase === phase) return undefined;
  return {
    phase,
    startTime: START,
    conditions: [
      { type: "PodScheduled", status: "True" },
      { type: "Ready", status: isReady ? "True" : "False" },
    ],
    containerStatuses,
  };
}

function unschedulable(pod: Loose): object | undefined {
  if (pod.status?.phase) return undefined;
  const message = "0/1 nodes are available: 1 Insufficient memory.";
  const conditions = [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }];
  return { phase: "Pending", conditions };
}
