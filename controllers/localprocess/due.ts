import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import type { Cause, LocalProcess, LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { causeOfTrigger, newTraceparent, nowMicro } from "../runtime/index.ts";
import type { Observation } from "./observation.ts";
import { hasRestartsLeft, wantsRestart, type RunEnd } from "./policy.ts";

/** A change of these is a change of what is executed, and needs a new run; no other field does. */
const EXECUTED = [
  "argv",
  "env",
  "inheritEnv",
  "ports",
  "readinessProbe",
  "livenessProbe",
  "startupProbe",
] as const satisfies (keyof LocalProcessSpec)[];

export type Executed = Pick<LocalProcessSpec, (typeof EXECUTED)[number]> & { dir: string };

export const executedOf = (spec: LocalProcessSpec, root: string): Executed => ({
  ...(Object.fromEntries(EXECUTED.map((field) => [field, spec[field]])) as Omit<Executed, "dir">),
  dir: resolve(root, spec.dir ?? "."),
});

export interface Circumstances {
  /** What was ordered last; undefined if this server has ordered nothing yet. */
  ordered: Executed | undefined;
  orderedGeneration: number | undefined;
  observedTrigger: string | undefined;
  wasDisabled: boolean;
  executed: Executed;
  /** Of the engine. */
  observation: Observation;
  fileCause: Cause | undefined;
  dependencyCause: Cause | undefined;
}

/** Why a process is to run now, or undefined if it is not. Somebody who asks by hand comes first. */
export function dueCause(object: LocalProcess, now: Circumstances): Cause | undefined {
  const { ordered, executed } = now;
  const trigger = triggerOf(object);
  if (trigger !== undefined && trigger !== now.observedTrigger) return triggered(object, trigger);
  if (now.wasDisabled) return because("SpecChange", "it was enabled");
  if (!ordered) return firstCause(object);
  if (!isDeepStrictEqual(executed, ordered)) return changed(executed, ordered);
  if (isRevived(object, now)) return because("SpecChange", "its restart policy changed");
  const restart = now.fileCause ?? now.dependencyCause;
  if (restart || now.observation.state !== "Waiting") return restart;
  return because("SpecChange", "nothing keeps it from running any more");
}

export const triggerOf = ({ metadata }: LocalProcess): string | undefined =>
  metadata.annotations?.[TRIGGER_ANNOTATION];

/** An object that is created with the annotation on it is new, unless the annotation itself says more. */
function triggered(object: LocalProcess, trigger: string): Cause {
  const cause = causeOfTrigger(trigger);
  return object.status?.run || cause.type !== "Trigger" ? cause : because("Created", "it is new");
}

/** This server has never run it. */
const firstCause = ({ status }: LocalProcess): Cause =>
  status?.run ? because("ServerStart", "the server was started") : because("Created", "it is new");

function changed(executed: Executed, before: Executed): Cause {
  const fields = [...EXECUTED, "dir" as const].filter(
    (field) => !isDeepStrictEqual(executed[field], before[field]),
  );
  return because("SpecChange", `${fields.map((field) => `spec.${field}`).join(", ")} changed`);
}

/** It has ended for good under the policy that it had, but would not have under the one that it has now. */
function isRevived({ spec, metadata }: LocalProcess, now: Circumstances): boolean {
  const { state, restarts } = now.observation;
  const isOver = state === "Succeeded" || state === "Failed";
  if (!isOver || metadata.generation === now.orderedGeneration) return false;
  return wantsRestart(spec, endOf(now.observation)) && hasRestartsLeft(spec, restarts);
}

/** Whether what an earlier server has finished stays finished. */
export function isFinished({ spec, status, metadata }: LocalProcess): boolean {
  const { state, observedGeneration } = status ?? {};
  if ((state !== "Succeeded" && state !== "Failed") || observedGeneration !== metadata.generation)
    return false;
  return !wantsRestart(spec, endOf(status ?? {}));
}

/** A failure is one whatever its exit code, which may be that of a graceful end after a timeout. */
const endOf = ({ state, exitCode, signal }: Partial<Observation>): RunEnd =>
  state === "Failed" ? { signal, notStarted: true } : { exitCode };

const because = (type: Cause["type"], message: string): Cause => ({
  type,
  message,
  time: nowMicro(),
  traceparent: newTraceparent(),
});
