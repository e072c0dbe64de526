import type { StatusOf } from "../../../apis/kind.ts";
import type { Condition } from "../../../apis/meta.ts";
import type { CFAppSync } from "../../../apis/v1alpha1/index.ts";
import type { State } from "./machine.ts";

export type Status = StatusOf<typeof CFAppSync>;

export type Verdict = Pick<Condition, "status" | "reason" | "message">;

/** The conditions of a CFAppSync, but for Ready, which follows from them. */
export const ASPECTS = ["Authenticated", "AppExists", "Connected", "Synced", "Running", "Degraded"] as const;
export type Aspect = (typeof ASPECTS)[number];

/** What of a status is as it was seen. */
export type Facts = Omit<Status, "observedGeneration" | "conditions" | "state" | "message">;

/** What the engine knows of one object. It is replaced, never changed. */
export interface Observation {
  readonly state: State;
  readonly message?: string | undefined;
  readonly verdicts: Readonly<Partial<Record<Aspect, Verdict>>>;
  readonly facts: Facts;
}

/** What an earlier tiltish has left in the status of an object. Nothing is connected now. */
export function observationOf({ status = {} }: Pick<CFAppSync, "status">): Observation {
  const { conditions = [], state: _, message: __, observedGeneration: ___, ...facts } = status;
  const verdicts = Object.fromEntries(
    ASPECTS.flatMap((aspect) => {
      const found = conditions.find(({ type }) => type === aspect);
      return found ? [[aspect, { status: found.status, reason: found.reason, message: found.message }]] : [];
    }),
  );
  return { state: "Idle", verdicts, facts: { ...facts, nextRetryTime: undefined } };
}
