import { ageOf, durationOf } from "../../apis/duration.ts";
import type { Condition, KubeObject } from "../../apis/meta.ts";
import type { Cause, Dependency } from "../../apis/v1alpha1/index.ts";
import type { Surroundings } from "./surroundings.ts";
import { clockTime } from "../print/clock.ts";
import { causeText } from "./cause.ts";

/** One thing that led to the next. */
export interface Step {
  text: string;
  /** RFC 3339. */
  time?: string;
  /** `Kind/name` of who did it. */
  object?: string;
  /** The files, where there are several. */
  files?: readonly string[];
}

/** Why something ran, how it is, and what did not run. */
export interface Story {
  object: string;
  namespace: string;
  state: string;
  chain: Step[];
  /** Id of the trace that it is part of. */
  trace?: string;
  now: string[];
  notDone: string[];
}

interface Build {
  startTime?: string;
  finishTime?: string;
  duration?: string;
  error?: string;
  exitCode?: number;
}

/** What the statuses of our kinds have in common, and a little more. */
export interface Status {
  state?: string;
  message?: string;
  cause?: Cause;
  conditions?: Condition[];
  build?: Build;
  serve?: { cause?: Cause };
  pending?: { count: number; files: string[] };
  pid?: number;
  run?: number;
  ready?: boolean;
  exitCode?: number;
  signal?: string;
  restarts?: number;
  startTime?: string;
  finishTime?: string;
  nextStartTime?: string;
  /** Of a FileWatch, newest last. */
  events?: readonly { time: string; count: number; files: string[] }[];
}

export const statusOf = ({ status }: KubeObject): Status => status ?? {};
export const refOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.name}`;

export function storyOf(object: KubeObject, around: Surroundings): Story {
  const { state, message, conditions } = statusOf(object);
  const ready = conditions?.find(({ type }) => type === "Ready");
  return {
    object: refOf(object),
    namespace: object.metadata.namespace ?? "",
    state: state ?? (ready?.status === "True" ? "Ready" : (ready?.reason ?? "not looked at yet")),
    chain: [...around.earlier.flatMap(causeStep), ...causeStep(object), ...workSteps(object, around)],
    ...(traceOf(object) && { trace: traceOf(object) }),
    now: nowLines(object, message ?? (ready?.status === "True" ? undefined : ready?.message)),
    notDone: [
      ...ownReasons(object),
      ...oldServer(object, around),
      ...(around.watches ?? []).flatMap(watchReason),
      ...around.dependents.flatMap((other) => dependentReason(other, object)),
    ],
  };
}

const traceOf = (object: KubeObject): string | undefined =>
  /^00-([0-9a-f]{32})-/.exec(statusOf(object).cause?.traceparent ?? "")?.[1];

function causeStep(object: KubeObject): Step[] {
  const { cause } = statusOf(object);
  if (!cause) return [];
  const { files = [], fileCount = files.length, time } = cause;
  const more = fileCount > files.length ? [`… and ${fileCount - files.length} more`] : [];
  return [
    {
      text: causeText(cause),
      time,
      object: cause.object ?? refOf(object),
      ...(files.length > 1 && { files: [...files, ...more] }),
    },
  ];
}

function workSteps(object: KubeObject, { children, readyTime }: Surroundings): Step[] {
  if (object.kind === "LocalProcess") return processSteps(object, readyTime);
  if (object.kind === "FileWatch") return changeSteps(object);
  const { build } = statusOf(object);
  const serve = serverOf(children);
  // What serves now was there before a build that has not succeeded, and not because of it.
  const isOfThisRun = serve && (!build?.startTime || isDone(build));
  return [
    ...(build?.startTime ? [buildStep(build, object)] : []),
    ...(isOfThisRun ? processSteps(serve, readyTime) : []),
  ];
}

/** What a FileWatch has seen last. */
function changeSteps(object: KubeObject): Step[] {
  const { time, files = [], count: fileCount } = statusOf(object).events?.at(-1) ?? {};
  if (time === undefined) return [];
  const text = causeText({ type: "FileChange", files, fileCount });
  return [{ text, time, object: refOf(object), ...(files.length > 1 && { files }) }];
}

export const serverOf = (children: readonly KubeObject[]): KubeObject | undefined =>
  children.find(({ metadata }) => metadata.name.endsWith("-serve"));

const isDone = ({ finishTime, error }: Build): boolean => finishTime !== undefined && error === undefined;

function buildStep({ startTime, finishTime, duration, error, exitCode }: Build, object: KubeObject): Step {
  const ref = `LocalProcess/${object.metadata.name}-build`;
  if (!finishTime) return { text: "build runs", time: startTime, object: ref };
  if (!error) return { text: `build succeeded in ${duration}`, time: finishTime, object: ref };
  const code = exitCode === undefined ? "" : ` with exit code ${exitCode}`;
  const [first = "", ...lines] = error.split("\n");
  const files = lines.length ? lines : [first];
  return { text: `build failed${code} after ${duration}`, time: finishTime, object: ref, files };
}

function processSteps(process: KubeObject, readyTime: string | undefined): Step[] {
  const status = statusOf(process);
  const { startTime, finishTime, pid, run, ready, exitCode, signal } = status;
  if (!startTime) return [];
  const object = refOf(process);
  const started = [`started as run ${run ?? 1}`, pid ? `pid ${pid}` : ""].filter(Boolean).join(", ");
  const steps: Step[] = [{ text: started, time: startTime, object }];
  if (ready) steps.push({ text: "ready", time: readyTime, object });
  if (finishTime) {
    const how = signal ? `ended by ${signal}` : `exited with ${exitCode}`;
    const ms = Date.parse(finishTime) - Date.parse(startTime);
    steps.push({ text: `${how} after ${durationOf(Math.max(0, ms))}`, time: finishTime, object });
  }
  return steps;
}

function nowLines(object: KubeObject, message: string | undefined): string[] {
  const { nextStartTime, restarts } = statusOf(object);
  return [
    ...(message ? [sinceAsDuration(message)] : []),
    ...(restarts ? [`restarted ${restarts} times in a row after it had exited`] : []),
    ...(nextStartTime ? [`next start at ${clockTime(nextStartTime).slice(0, 8)}`] : []),
  ];
}

/** `not ready since 12:04:31` as `not ready for 40s`: who asks now wants to know how long it has been so. */
export function sinceAsDuration(message: string, now = new Date()): string {
  return message.replace(/since (\d\d):(\d\d):(\d\d)/, (_, ...parts: string[]) => {
    const [hours = 0, minutes = 0, seconds = 0] = parts.map(Number);
    const then = new Date(now);
    then.setHours(hours, minutes, seconds, 0);
    const ms = now.getTime() - then.getTime();
    return `for ${ageOf(ms < 0 ? ms + DAY_MS : ms)}`;
  });
}

const DAY_MS = 24 * 3_600_000;

/** A watch that holds changes back, or sees none. */
function watchReason(watch: KubeObject): string[] {
  const ready = statusOf(watch).conditions?.find(({ type }) => type === "Ready");
  if (!ready || (ready.status === "True" && ready.reason !== "HeldByGit")) return [];
  return [`${refOf(watch)}: ${ready.message || ready.reason}`];
}

/** What this object did not do, and why. */
function ownReasons(object: KubeObject): string[] {
  const { disabled, triggerMode, initialRun } = (object.spec ?? {}) as Record<string, unknown>;
  const { pending, cause } = statusOf(object);
  const { name } = object.metadata;
  return [
    ...(disabled ? ["it does not run: spec.disabled is true"] : []),
    ...(pending?.count
      ? [
          `${pending.count} changed files (${pending.files.slice(0, 5).join(", ")}) wait${triggerMode === "Manual" ? `: spec.triggerMode is Manual; tiltish trigger ${name}` : ""}`,
        ]
      : []),
    ...(!cause && initialRun === false
      ? [`it has not run yet: spec.initialRun is false; tiltish trigger ${name}`]
      : []),
  ];
}

/** The server that goes on while a build runs, or after it failed. */
function oldServer(object: KubeObject, { children }: Surroundings): string[] {
  const { build } = statusOf(object);
  const serve = serverOf(children);
  const { run, pid } = serve ? statusOf(serve) : {};
  if (!build?.startTime || isDone(build) || pid === undefined) return [];
  const why = build.finishTime ? "the build failed" : "the build still runs";
  return [`the server was not replaced: ${why}, and run ${run} (pid ${pid}) goes on`];
}

/** Why an object that depends on this one did, or did not, run with it. */
function dependentReason(other: KubeObject, object: KubeObject): string[] {
  const { dependsOn = [] } = (other.spec ?? {}) as { dependsOn?: Dependency[] };
  const dependency = dependsOn.find(
    ({ kind, name }) => kind === object.kind && name === object.metadata.name,
  );
  if (!dependency || dependency.onChange === "Restart") return [];
  return [`${refOf(other)} did not run again with it: its dependsOn.onChange is Ignore`];
}
