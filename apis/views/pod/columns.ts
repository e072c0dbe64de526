import { ageOf } from "../../duration.ts";
import type { Column } from "../../kind.ts";
import type { ObjectMeta } from "../../meta.ts";
import type { ContainerState, PodFields } from "./schema.ts";

/** A table of a client may hold objects that have hardly anything. */
interface Pod {
  metadata?: Partial<ObjectMeta>;
  spec?: Partial<PodFields["spec"]>;
  status?: Partial<PodFields["status"]>;
}

const NONE = "<none>";

/** What `kubectl get pods` prints, worded as in a cluster. */
export const podColumns: Column[] = [
  { name: "Ready", path: ready, type: "string", description: "Containers that are ready, of how many." },
  {
    name: "Status",
    path: stateOf,
    type: "string",
    description: "What it is doing, and why it does not run.",
  },
  {
    name: "Restarts",
    path: restarts,
    type: "string",
    description: "How often it ran before, and when last.",
  },
  { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
  { name: "IP", path: ({ status }: Pod) => status?.podIP ?? NONE, type: "string", priority: 1 },
  { name: "Node", path: ({ spec }: Pod) => spec?.nodeName ?? NONE, type: "string", priority: 1 },
  { name: "Nominated Node", path: () => NONE, type: "string", priority: 1 },
  { name: "Readiness Gates", path: () => NONE, type: "string", priority: 1 },
];

const containersOf = ({ status }: Pod) => status?.containerStatuses ?? [];

function ready(pod: Pod): string {
  const count = containersOf(pod).filter(({ ready, state }) => ready && state?.running).length;
  return `${count}/${pod.spec?.containers?.length ?? 0}`;
}

function stateOf(pod: Pod): string {
  const { phase = "", containerStatuses: [container] = [] } = pod.status ?? {};
  const isOver = phase === "Succeeded" || phase === "Failed";
  if (pod.metadata?.deletionTimestamp && !isOver) return "Terminating";
  return reasonOf(container?.state) ?? phase;
}

function reasonOf({ waiting, terminated }: ContainerState = {}): string | undefined {
  if (waiting?.reason) return waiting.reason;
  if (!terminated) return undefined;
  const { reason, signal, exitCode } = terminated;
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function restarts(pod: Pod, nowMs: number): string {
  const count = containersOf(pod).reduce((sum, { restartCount }) => sum + restartCount, 0);
  const [last] = containersOf(pod).flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []);
  return count > 0 && last ? `${count} (${ageOf(nowMs - Date.parse(last))} ago)` : String(count);
}
