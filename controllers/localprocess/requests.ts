import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import type { Cause, LocalProcess } from "../../apis/v1alpha1/index.ts";
import { causeOfTrigger, isLater } from "../runtime/index.ts";

/** Why a process that could run does not: somebody has stopped it, or nobody has asked for it. */
export interface Hold {
  by: "Stop" | "NoRequest";
  /** File events from before it do not count. */
  since: string;
}

export const triggerOf = ({ metadata }: LocalProcess): string | undefined =>
  metadata.annotations?.[TRIGGER_ANNOTATION];

/** What somebody asks of the process, if that has not been acted on. */
export function newRequest(object: LocalProcess, observedTrigger: string | undefined): Cause | undefined {
  const trigger = triggerOf(object);
  return trigger === undefined || trigger === observedTrigger ? undefined : causeOfTrigger(trigger);
}

/** For people: what it waits for, and how to go on. */
export const messageOf = ({ by }: Hold, { metadata: { name } }: LocalProcess): string =>
  by === "Stop"
    ? `stopped by hand; tiltish start ${name} runs it again`
    : `waits to be asked (spec.initialRun is false); tiltish start ${name} runs it`;

/** The hold that an earlier server has left, and that no change has overruled since. */
export function holdOf({ status, metadata }: LocalProcess): Hold | undefined {
  const { holdTime, observedTrigger, observedGeneration } = status ?? {};
  if (holdTime === undefined || observedGeneration !== metadata.generation) return undefined;
  const { type, time } = causeOfTrigger(observedTrigger ?? "");
  return { by: type === "Stop" && time === holdTime ? "Stop" : "NoRequest", since: holdTime };
}

/** Whether somebody has canceled the run that began at `startTime`: no policy runs it again then. */
export function isCanceled(observedTrigger: string | undefined, startTime: string | undefined): boolean {
  if (observedTrigger === undefined || startTime === undefined) return false;
  const { type, time } = causeOfTrigger(observedTrigger);
  return type === "Cancel" && !isLater(startTime, time);
}
