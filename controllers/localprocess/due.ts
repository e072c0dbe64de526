import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Cause, LocalProcess, LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { newTraceparent, nowMicro } from "../runtime/index.ts";
import type { Observation } from "./observation.ts";
import { hasRestartsLeft, wantsRestart, type RunEnd } from "./policy.ts";
import { isCanceled, newRequest, triggerOf, type Hold } from "./requests.ts";

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
  /** What keeps it from running although it could. */
  hold: Hold | undefined;
  executed: Executed;
  /** Of the engine. */
  observation: Observation;
  fileCause: Cause | undefined;
  dependencyCause: Cause | undefined;
}

/** What is to be done with a process now. */
export type Decision =
  | { act: "run"; cause: Cause }
  /** It is to end, and not to run until something new happens. */
  | { act: "hold"; hold: Hold }
  /** The run that was on at this time is to end. */
  | { act: "cancel"; time: string };

const run = (cause: Cause): Decision => ({ act: "run", cause });
const hold = (by: Hold["by"], since = nowMicro()): Decision => ({ act: "hold", hold: { by, since } });

/** What is to be done, or undefined if all is as it should be. Somebody who asks by hand comes first. */
export function decide(object: LocalProcess, now: Circumstances): Decision | undefined {
  const request = newRequest(object, now.observedTrigger);
  if (request) return obey(object, request);
  const { ordered, executed } = now;
  const change = now.wasDisabled ? "it was enabled" : ordered && changeOf(executed, ordered);
  if (change) return object.spec.initialRun ? run(because("SpecChange", change)) : hold("NoRequest");
  if (!ordered) return decideFirst(object, now);
  if (now.hold?.by === "NoRequest") return undefined;
  if (now.hold) return now.fileCause && run(now.fileCause);
  if (isRevived(object, now)) return run(because("SpecChange", "its restart policy changed"));
  const restart = now.fileCause ?? now.dependencyCause;
  if (restart || now.observation.state !== "Waiting") return restart && run(restart);
  return run(because("SpecChange", "nothing keeps it from running any more"));
}

function obey(object: LocalProcess, request: Cause): Decision {
  if (request.type === "Stop") return hold("Stop", request.time);
  if (request.type === "Cancel") return { act: "cancel", time: request.time };
  // An object that is created with the annotation on it is new, unless the annotation itself says more.
  const isPlain = !triggerOf(object)?.startsWith("{");
  const isNew = isPlain && !object.status?.run && request.type === "Trigger";
  return run(isNew && object.spec.initialRun ? because("Created", "it is new") : request);
}

/** This server has not decided anything about it yet. */
function decideFirst({ spec, status }: LocalProcess, now: Circumstances): Decision {
  if (now.hold) return { act: "hold", hold: now.hold };
  // What an earlier server was asked to run it ran until that server ended.
  if (!spec.initialRun && status?.nextStartTime === undefined) return hold("NoRequest");
  return run(
    status?.run ? because("ServerStart", "the server was started") : because("Created", "it is new"),
  );
}

function changeOf(executed: Executed, before: Executed): string | undefined {
  const fields = [...EXECUTED, "dir" as const].filter(
    (field) => !isDeepStrictEqual(executed[field], before[field]),
  );
  return fields.length > 0 ? `${fields.map((field) => `spec.${field}`).join(", ")} changed` : undefined;
}

/** It has ended for good under the policy that it had, but would not have under the one that it has now. */
function isRevived({ spec, metadata }: LocalProcess, now: Circumstances): boolean {
  const { state, restarts, startTime } = now.observation;
  const isOver = state === "Succeeded" || state === "Failed";
  if (!isOver || isCanceled(now.observedTrigger, startTime)) return false;
  if (metadata.generation === now.orderedGeneration) return false;
  return wantsRestart(spec, endOf(now.observation)) && hasRestartsLeft(spec, restarts);
}

/** Whether what an earlier server has finished stays finished. */
export function isFinished({ spec, status, metadata }: LocalProcess): boolean {
  const { state, observedGeneration } = status ?? {};
  if ((state !== "Succeeded" && state !== "Failed") || observedGeneration !== metadata.generation)
    return false;
  const { observedTrigger, startTime } = status ?? {};
  return isCanceled(observedTrigger, startTime) || !wantsRestart(spec, endOf(status ?? {}));
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
