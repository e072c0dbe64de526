import type { Condition } from "../../apis/meta.ts";
import type { K8sResource } from "../../apis/v1alpha1/index.ts";
import {
  removeCondition,
  setCondition,
  setDependencyConditions,
  type Verdict as Dependencies,
} from "../runtime/index.ts";
import { ASPECTS, no, type Observation, type Verdict, yes } from "./engine/observation.ts";
import type { Status } from "./engine/refs.ts";

/** What keeps the engine from running although it could. */
export interface Obstacle {
  readonly state: "Disabled" | "Waiting";
  readonly message: string;
}

interface Seen {
  readonly observation: Observation;
  readonly obstacle?: Obstacle | undefined;
  readonly dependencies?: Dependencies | undefined;
}

/** The whole status, derived from what was seen. */
export function statusOf(object: K8sResource, seen: Seen): Status {
  const { observation, obstacle } = seen;
  const ready = readyVerdict(object, seen);
  const message = obstacle?.message ?? observation.message ?? (ready.status === "True" ? "" : ready.message);
  return {
    ...observation.facts,
    state: obstacle?.state ?? observation.state,
    ...(message && { message }),
    conditions: conditionsOf(object, seen, ready),
  };
}

function conditionsOf(
  object: K8sResource,
  { observation, dependencies = {} }: Seen,
  ready: Verdict,
): Condition[] {
  const { generation: observedGeneration } = object.metadata;
  let conditions: Condition[] = object.status?.conditions ?? [];
  for (const type of ASPECTS) {
    const verdict = observation.verdicts[type];
    conditions = verdict
      ? setCondition(conditions, { type, ...verdict, observedGeneration })
      : removeCondition(conditions, type);
  }
  conditions = setDependencyConditions(conditions, dependencies, observedGeneration);
  return setCondition(conditions, { type: "Ready", ...ready, observedGeneration });
}

/** Ready is what is applied and whose pods are as `spec.podReadinessMode` wants them. */
export function readyVerdict({ spec }: K8sResource, { observation, obstacle }: Seen): Verdict {
  if (obstacle) return no(obstacle.state, obstacle.message);
  const { state, message = "", verdicts } = observation;
  if (state === "Applying" || state === "Deleting") return no(state, message);
  for (const aspect of ["Connected", "Applied"] as const) {
    const verdict = verdicts[aspect];
    if (verdict?.status === "False") return verdict;
  }
  if (verdicts.Applied?.status !== "True") return no("NotApplied", message || "it is not applied yet");
  if (state === "Failed") return no("Failed", message);
  if (spec.podReadinessMode === "Ignore") return verdicts.Applied;
  const pods = verdicts.PodsReady;
  if (!pods) return no("PodsUnknown", "its pods have not been looked for yet");
  return pods.status === "True" ? yes(pods.reason, pods.message) : { ...pods, status: "False" };
}
