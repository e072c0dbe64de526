import type { Condition } from "../../apis/meta.ts";
import { systemClock, type Clock } from "../../client/index.ts";

/** RFC 3339 in whole seconds, as `metav1.Time`. */
export const now = (clock: Clock = systemClock): string =>
  `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;

/** RFC 3339 with microseconds, as `metav1.MicroTime`. The clock has milliseconds. */
export const nowMicro = (clock: Clock = systemClock): string =>
  `${new Date(clock.now()).toISOString().slice(0, 23)}000Z`;

export type ConditionInput = Omit<Condition, "lastTransitionTime">;

/** The conditions with this one in place of any of its type. Its time moves only when its status does. */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  { type, status, reason, message, observedGeneration }: ConditionInput,
  clock?: Clock,
): Condition[] {
  const all = conditions ?? [];
  const before = findCondition(all, type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now(clock);
  const next: Condition = {
    type,
    status,
    reason,
    message,
    lastTransitionTime,
    ...(observedGeneration !== undefined && { observedGeneration }),
  };
  return before ? all.map((condition) => (condition === before ? next : condition)) : [...all, next];
}

export const removeCondition = (conditions: readonly Condition[] | undefined, type: string): Condition[] =>
  (conditions ?? []).filter((condition) => condition.type !== type);

export const findCondition = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined => conditions?.find((condition) => condition.type === type);

export const isConditionTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === "True";
