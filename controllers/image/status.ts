import { durationOf } from "../../apis/duration.ts";
import type { Condition } from "../../apis/meta.ts";
import {
  nowMicro,
  removeCondition,
  setCondition,
  setDependencyConditions,
  type Verdict,
  withoutInputs,
} from "../runtime/index.ts";
import type { Entry } from "./entry.ts";
import type { ImageFailure } from "./failure.ts";
import type { Job } from "./job.ts";
import type { ImageObject, LiveStatus, Made, Status } from "./work.ts";

const LONGEST_ERROR = 8_000;

/** The status in which a build has begun. */
export function begun(status: Status, job: Job): Status {
  const { error: _, finishTime: __, duration: ___, stages: ____, message: _____, ...rest } = status;
  return { ...rest, startTime: job.startTime, run: job.run, cause: withoutInputs(job.cause) };
}

/** The status in which nothing runs any more, because it is done. */
export function succeeded(status: Status, job: Job, { inputs, digest, tag, refs }: Made): Status {
  const { error: _, message: __, digest: ___, ...rest } = status;
  const builtTime = isSame(status, { digest, refs }) ? status.builtTime : nowMicro();
  return { ...rest, ...endOf(status, job), inputs, digest, tag, refs, builtTime, state: "Built" };
}

/** What nobody has looked at may be another one each time. */
const isSame = (before: Status, { digest, refs }: Pick<Made, "digest" | "refs">): boolean =>
  digest !== undefined && before.digest === digest && before.refs?.local === refs.local;

/** It is as it was built before. */
export function unchanged(status: Status, job: Job, inputs: string): Status {
  const { error: _, message: __, ...rest } = status;
  // It may have been found unfinished: it is finished now.
  const finishTime = status.finishTime ?? (status.startTime && nowMicro());
  return { ...rest, finishTime, inputs, state: "Built", cause: status.cause ?? withoutInputs(job.cause) };
}

export function failed(status: Status, job: Job, { message }: ImageFailure): Status {
  // That tiltish has looked again is not why it was built.
  const isLook = job.cause.type === "ServerStart" && status.cause !== undefined;
  const cause = isLook ? status.cause : withoutInputs(job.cause);
  return { ...status, ...endOf(status, job), cause, state: "Failed", error: message.slice(0, LONGEST_ERROR) };
}

/** What was only looked at has neither begun nor ended. */
function endOf({ startTime }: Status, { stageList, startTime: own }: Job): Partial<Status> {
  if (own === undefined) return {};
  const finishTime = nowMicro();
  const stages = stageList?.map((stage) =>
    stage.startTime && !stage.finishTime ? { ...stage, finishTime } : stage,
  );
  const ms = Date.parse(finishTime) - Date.parse(startTime ?? finishTime);
  return {
    finishTime,
    ...(startTime !== undefined && { duration: durationOf(Math.max(0, ms)) }),
    ...(stages && { stages }),
  };
}

export interface Seen {
  dependencies: Verdict;
  /** What it waits for before it can be built. */
  obstacle?: string | undefined;
  /** What has changed and is not built until somebody asks for it. */
  pending?: string | undefined;
  liveUpdate?: LiveStatus | undefined;
}

/** The whole status, for people and for those who need the image. */
export function statusOf(object: ImageObject, entry: Entry, seen: Seen): Status {
  const { message: _, liveUpdate: __, ...status } = entry.status;
  const { state, message } = stateOf(object, entry, seen);
  const stages = entry.job?.stageList ?? status.stages;
  const liveUpdate = liveUpdateOf(object, seen);
  const next: Status = {
    ...status,
    state,
    ...(message && { message }),
    ...(stages && { stages }),
    ...(liveUpdate && { liveUpdate }),
  };
  return { ...next, conditions: conditionsOf(object, { ...entry, status: next }, seen) };
}

/** What is done by hand waits for a hand. */
function liveUpdateOf({ spec }: ImageObject, { liveUpdate, pending }: Seen): LiveStatus | undefined {
  if (spec.disabled || !liveUpdate || pending === undefined) return spec.disabled ? undefined : liveUpdate;
  return { ...liveUpdate, state: "Waiting", reason: "Trigger", message: pending };
}

interface State {
  state: NonNullable<Status["state"]>;
  message?: string | undefined;
}

function stateOf({ spec, metadata: { name } }: ImageObject, { job, status }: Entry, seen: Seen): State {
  if (spec.disabled) return { state: "Disabled", message: "spec.disabled is set" };
  if (job?.isBuilding) return { state: job.phase === "Pushing" ? "Pushing" : "Building" };
  if (job?.phase === "Queued") return { state: "Waiting", message: `waits for ${job.obstacle}` };
  if (seen.obstacle !== undefined) return { state: "Waiting", message: seen.obstacle };
  const { stopped } = status;
  const hint = `tiltish trigger ${name}`;
  if (stopped) return { state: settledState(status), message: `stopped by hand; ${hint} builds it` };
  if (job && isInDoubt(job, status)) return { state: "Waiting", message: "looks whether it must be built" };
  const pending = seen.pending === undefined ? undefined : `${seen.pending}; build it with: ${hint}`;
  return { state: settledState(status), message: pending };
}

/** What is known of it may be about something else. After a change of files it mostly is not. */
const isInDoubt = ({ cause }: Job, { refs, error }: Status): boolean =>
  ["SpecChange", "Dependency", "Trigger", "Restart"].includes(cause.type) || (!refs && error === undefined);

function settledState({ error, refs }: Status): State["state"] {
  if (error !== undefined) return "Failed";
  return refs ? "Built" : "Waiting";
}

type Opinion = Pick<Condition, "status" | "reason" | "message">;

function conditionsOf(object: ImageObject, entry: Entry, seen: Seen): Condition[] {
  const { generation: observedGeneration } = object.metadata;
  const built = builtOpinion(entry);
  let conditions: Condition[] = object.status?.conditions ?? [];
  conditions = built
    ? setCondition(conditions, { type: "BuildSucceeded", ...built, observedGeneration })
    : removeCondition(conditions, "BuildSucceeded");
  conditions = setDependencyConditions(conditions, seen.dependencies, observedGeneration);
  return setCondition(conditions, { type: "Ready", ...readyOpinion(entry, built), observedGeneration });
}

function builtOpinion({ status, failure }: Entry): Opinion | undefined {
  if (status.error !== undefined) {
    const reason = failure?.reason ?? "BuildFailed";
    return { status: "False", reason, message: firstLine(status.error) };
  }
  if (!status.refs) return undefined;
  const took = status.duration === undefined ? "" : ` in ${status.duration}`;
  return { status: "True", reason: "BuildSucceeded", message: `built${took}: ${status.refs.local}` };
}

function readyOpinion(
  { status: { state = "Waiting", message, stopped } }: Entry,
  built: Opinion | undefined,
): Opinion {
  if (state === "Built") return { ...built!, reason: "Built" };
  if (state === "Failed" && built) return built;
  if (stopped) return { status: "False", reason: "Stopped", message: "stopped by hand" };
  const texts: Partial<Record<typeof state, string>> = {
    Building: "it is built now",
    Pushing: "it is pushed now",
  };
  return { status: "False", reason: state, message: message ?? texts[state] ?? "it was never built" };
}

export const firstLine = (text: string): string => text.split("\n", 1)[0]!;
