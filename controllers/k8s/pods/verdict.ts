import type { K8sResource } from "../../../apis/v1alpha1/index.ts";
import { no, type Verdict, yes } from "../engine/observation.ts";
import { isEnding, isReady, type Pod, troubleOf } from "./pod.ts";

/** A pod that belongs to the object, and what of it it descends from. */
export interface Found {
  readonly pod: Pod;
  readonly ancestor: string | undefined;
  /** Made from a template that is applied now. */
  readonly isCurrent: boolean;
}

export interface Expected {
  /** uids of applied objects that must have a pod. */
  readonly uids: readonly string[];
  /** uids of those of them that have done what they were to do. */
  readonly done: ReadonlySet<string>;
  readonly mode: K8sResource["spec"]["podReadinessMode"];
}

/** Whether the pods are as they should be, and what is wrong with them. */
export function podsVerdict(found: readonly Found[], { uids, done, mode }: Expected): Verdict {
  const alive = found.filter(
    ({ pod, isCurrent, ancestor }) => isCurrent && !isEnding(pod) && !done.has(ancestor ?? ""),
  );
  const counted = alive.filter((each) => !isReplaced(each, alive));
  const trouble = counted.map(({ pod }) => troubleOf(pod)).find(Boolean);
  if (trouble) return no(trouble.reason, trouble.message);
  const lacking = uids.filter((uid) => !done.has(uid) && !counted.some(({ ancestor }) => ancestor === uid));
  if (lacking.length > 0)
    return no("NoPods", `${lacking.length} of ${uids.length} workloads have no pod yet`);
  const waiting = counted.filter(({ pod }) => !isAsWanted(pod, mode));
  if (waiting.length > 0) return no("PodsNotReady", waitingText(waiting, counted.length));
  return verdictOfAll(counted.length, mode);
}

function verdictOfAll(count: number, mode: Expected["mode"]): Verdict {
  if (count === 0) return yes("NoPods", "nothing runs, and nothing is to run");
  const pods = count === 1 ? "its pod" : `all ${count} pods`;
  return mode === "Succeeded"
    ? yes("PodsSucceeded", `${pods} ended well`)
    : yes("PodsReady", `${pods} ${count === 1 ? "is" : "are"} ready`);
}

const isAsWanted = (pod: Pod, mode: Expected["mode"]): boolean =>
  pod.status?.phase === "Succeeded" || (mode !== "Succeeded" && isReady(pod));

/** One that was evicted, or failed before it was tried again, counts no more once there is another. */
const isReplaced = ({ pod, ancestor }: Found, all: readonly Found[]): boolean =>
  pod.status?.phase === "Failed" &&
  all.some((other) => other.ancestor === ancestor && other.pod.status?.phase !== "Failed");

function waitingText(waiting: readonly Found[], count: number): string {
  const names = waiting
    .slice(0, 3)
    .map(({ pod }) => `Pod/${pod.metadata.name} (${pod.status?.phase ?? "new"})`);
  return `${waiting.length} of ${count} pods are not ready: ${names.join(", ")}`;
}
