import type { Condition } from "../../../apis/meta.ts";
import type { K8sResource } from "../../../apis/v1alpha1/index.ts";
import type { Status } from "./refs.ts";

export type Verdict = Pick<Condition, "status" | "reason" | "message">;

/** The conditions of a K8sResource, but for Ready, which follows from them. */
export const ASPECTS = ["Connected", "Applied", "Pruned", "LeftBehind", "PodsReady", "JobComplete"] as const;
export type Aspect = (typeof ASPECTS)[number];

/** What of a status is as it was seen. */
export type Facts = Omit<Status, "observedGeneration" | "conditions" | "state" | "message">;

/** What the engine knows of one object. It is replaced, never changed. */
export interface Observation {
  readonly state: NonNullable<Status["state"]>;
  readonly message?: string | undefined;
  readonly verdicts: Readonly<Partial<Record<Aspect, Verdict>>>;
  readonly facts: Facts;
}

/** What an earlier tiltish has left in the status of an object. Nothing leads to a pod now. */
export function observationOf({ status = {} }: Pick<K8sResource, "status">): Observation {
  const { conditions = [], state: _, message: __, observedGeneration: ___, ...facts } = status;
  const verdicts = Object.fromEntries(
    ASPECTS.flatMap((aspect) => {
      const found = conditions.find(({ type }) => type === aspect);
      return found ? [[aspect, { status: found.status, reason: found.reason, message: found.message }]] : [];
    }),
  );
  const isApplied = facts.appliedInputHash !== undefined;
  return {
    ...(isApplied ? { state: "Applied" } : { state: "Applying", message: "looking for its cluster" }),
    verdicts,
    facts: { ...facts, portForwards: undefined },
  };
}

export const yes = (reason: string, message: string): Verdict => ({ status: "True", reason, message });
export const no = (reason: string, message: string): Verdict => ({ status: "False", reason, message });
