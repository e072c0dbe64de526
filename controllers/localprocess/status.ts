import { hostname } from "node:os";
import type { Condition } from "../../apis/meta.ts";
import type { StatusOf } from "../../apis/kind.ts";
import type { LocalProcess } from "../../apis/v1alpha1/index.ts";
import { setCondition, setDependencyConditions, type Verdict } from "../runtime/index.ts";
import type { Observation } from "./observation.ts";

export type Status = StatusOf<typeof LocalProcess>;

interface Seen {
  observation: Observation;
  /** Value of the trigger annotation that the last order has taken in. */
  observedTrigger: string | undefined;
  /** Since when it is held. */
  holdTime?: string | undefined;
  /** What its dependencies say. */
  verdict: Pick<Verdict, "cycle" | "unmet">;
}

/** The status that says what is seen; times of conditions move only with their status. */
export function statusOf(
  object: LocalProcess,
  { observation, observedTrigger, holdTime, verdict }: Seen,
): Status {
  const { run, ...rest } = observation;
  return {
    ...rest,
    ...(run > 0 && { run, host: hostname() }),
    ...(observedTrigger !== undefined && { observedTrigger }),
    ...(holdTime !== undefined && { holdTime }),
    conditions: setDependencyConditions(
      conditionsOf(object, observation),
      verdict,
      object.metadata.generation,
    ),
  };
}

/** What an earlier server has written, as the engine takes it up again. */
export function observationOf({ status }: LocalProcess): Partial<Observation> | undefined {
  if (!status?.state) return undefined;
  const {
    observedGeneration: _1,
    observedTrigger: _2,
    holdTime: _3,
    conditions: _4,
    host: _5,
    ...rest
  } = status;
  return rest;
}

/** The object for a status that says nothing about changes of the spec which have no effect yet. */
export const asObserved = (object: LocalProcess): LocalProcess => ({
  ...object,
  metadata: { ...object.metadata, generation: object.status?.observedGeneration },
});

function conditionsOf(object: LocalProcess, seen: Observation): Condition[] {
  const observedGeneration = object.metadata.generation;
  const { state, message } = seen;
  const set = (conditions: Condition[] | undefined, type: string, { holds, reason }: Holding) =>
    setCondition(conditions, {
      type,
      status: holds ? "True" : "False",
      reason,
      message: holds ? "" : message,
      observedGeneration,
    });
  const ready = set(object.status?.conditions, "Ready", readiness(seen));
  const started = set(ready, "Started", {
    holds: state === "Running" || state === "Succeeded",
    reason: state,
  });
  return set(started, "Completed", { holds: state === "Succeeded", reason: state });
}

interface Holding {
  holds: boolean;
  reason: string;
}

/** What has done its work is as ready as it can be: others may go on. */
function readiness({ state, ready }: Observation): Holding {
  if (state === "Succeeded") return { holds: true, reason: "Completed" };
  if (state === "Running") return { holds: ready, reason: ready ? "Running" : "Unready" };
  return { holds: false, reason: state };
}
