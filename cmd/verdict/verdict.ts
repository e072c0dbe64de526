import { durationOf } from "../../apis/duration.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { graphOf, nameOfKey } from "../graph/model.ts";
import { unmetOf } from "../graph/problems.ts";
import type { Target } from "./target.ts";
import { targetsOf } from "./targets.ts";

/** How long what may take. */
export interface Terms {
  timeoutMs: number;
  /** For a server, from when it is first seen not ready, by the name of its object. */
  readinessTimeoutMs: (name: string) => number;
  ignoresReadiness: (name: string) => boolean;
  /** So long a failure is tolerated: what fails may yet mend. */
  graceMs: number;
}

/** Since when what is not well has been so. Made by one look, and handed to the next. */
export interface Memory {
  startMs: number;
  since: ReadonlyMap<string, number>;
}

export interface Verdict {
  result: "running" | "succeeded" | "failed" | "timeout";
  /** Why it is over, if it is not well. */
  message?: string;
  culprits: readonly Target[];
  targets: readonly Target[];
  /** When to look again even if nothing changes; absent once it is over. */
  nextMs?: number;
  memory: Memory;
}

export interface Sight {
  objects: readonly KubeObject[];
  nowMs: number;
  memory: Memory;
}

/** How it stands: of these objects at this time, and nothing else. Looks only. */
export function verdictOf(sight: Sight, terms: Terms): Verdict {
  const { objects, nowMs } = sight;
  const never = new Map(unmetOf(graphOf(objects)).map(({ key, message }) => [key, message]));
  const targets = targetsOf({ objects, nowMs, ignoresReadiness: terms.ignoresReadiness }).map((target) =>
    hopeless(target, never),
  );
  const memory = { ...sight.memory, since: sinceOf(targets, sight) };
  const judged = { targets, memory };
  const end = endOf({ targets, memory, nowMs }, terms);
  return end
    ? { ...judged, ...end }
    : { ...judged, result: "running", culprits: [], nextMs: nextOf({ targets, memory, nowMs }, terms) };
}

/** What waits for what can never be has failed already. */
function hopeless(target: Target, never: ReadonlyMap<string, string>): Target {
  const why = never.get(target.key);
  if (why === undefined || target.state !== "waiting") return target;
  return { ...target, state: "failed", message: `can never run: it ${why}` };
}

const memoryKey = ({ key, name, state }: Target): string => `${key} ${name} ${state}`;

const sinceOf = (targets: readonly Target[], { memory, nowMs }: Sight): Map<string, number> =>
  new Map(
    targets
      .filter(({ state }) => state === "failed" || state === "unready")
      .map((target) => [memoryKey(target), memory.since.get(memoryKey(target)) ?? nowMs]),
  );

interface Judged {
  targets: readonly Target[];
  memory: Memory;
  nowMs: number;
}

type End = Pick<Verdict, "result" | "message" | "culprits">;

function endOf(judged: Judged, terms: Terms): End | undefined {
  const { targets, memory, nowMs } = judged;
  const pending = targets.filter(({ state }) => !isSettled(state));
  if (pending.length === 0) return { result: "succeeded", culprits: [] };
  const failed = pending.find(
    (target) => target.state === "failed" && failsAt(target, judged, terms) <= nowMs,
  );
  if (failed) return failure(failed, terms);
  const late = pending.find(
    (target) => target.state === "unready" && isLateAt(target, judged, terms) <= nowMs,
  );
  if (late) return lateness(late, terms);
  if (memory.startMs + terms.timeoutMs > nowMs) return undefined;
  const rest = pending.map(({ name, message }) => `${name}: ${message}`).join("; ");
  return {
    result: "timeout",
    message: `not done after ${durationOf(terms.timeoutMs)}: ${rest}`,
    culprits: pending,
  };
}

const isSettled = (state: Target["state"]): boolean =>
  state === "good" || state === "idle" || state === "disabled";

function failure(target: Target, { graceMs }: Terms): End {
  const prefix = graceMs > 0 ? `longer than the grace of ${durationOf(graceMs)}: ` : "";
  return { result: "failed", message: `${prefix}${target.name}: ${target.message}`, culprits: [target] };
}

function lateness(target: Target, { readinessTimeoutMs }: Terms): End {
  const limit = durationOf(readinessTimeoutMs(nameOfKey(target.key)));
  return {
    result: "timeout",
    message: `${target.name} is not ready after ${limit}: ${target.message}`,
    culprits: [target],
  };
}

const sinceWhen = (target: Target, { memory, nowMs }: Judged): number =>
  memory.since.get(memoryKey(target)) ?? nowMs;

const failsAt = (target: Target, judged: Judged, { graceMs }: Terms): number =>
  sinceWhen(target, judged) + Math.max(graceMs, target.patienceMs ?? 0);

const isLateAt = (target: Target, judged: Judged, { readinessTimeoutMs }: Terms): number =>
  sinceWhen(target, judged) + readinessTimeoutMs(nameOfKey(target.key));

/** The next moment at which time alone changes something. */
function nextOf(judged: Judged, terms: Terms): number {
  const times = judged.targets.flatMap((target) => [
    ...(target.state === "failed" ? [failsAt(target, judged, terms)] : []),
    ...(target.state === "unready" ? [isLateAt(target, judged, terms)] : []),
    ...(target.goodAtMs === undefined ? [] : [target.goodAtMs]),
  ]);
  return Math.min(judged.memory.startMs + terms.timeoutMs, ...times);
}
