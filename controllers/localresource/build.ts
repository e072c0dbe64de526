import { durationOf } from "../../apis/duration.ts";
import type { StatusOf } from "../../apis/kind.ts";
import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import type { Cause, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import type { Client } from "../../client/index.ts";
import { nowMicro, withoutInputs } from "../runtime/index.ts";
import type { PendingChanges } from "./changes.ts";
import { hasTaken, isActive, ownCauseOf, wasAskedToEnd } from "./child.ts";
import { errorOf } from "./output.ts";

export type Status = StatusOf<typeof LocalResource>;
type Build = NonNullable<Status["build"]>;

const HISTORY = 10;

export const isBuilding = ({ build }: Status): boolean => build?.startTime !== undefined && !build.finishTime;

/** A build that is disabled is none: the server does not wait for it. */
export const hasBuild = ({ spec }: LocalResource): boolean =>
  spec.buildTemplate !== undefined && !spec.buildTemplate.disabled;

/** Whether there is nothing that a server would have to wait for. */
export const isBuilt = (resource: LocalResource, { build }: Status): boolean =>
  !hasBuild(resource) || (build?.finishTime !== undefined && build.error === undefined);

/** The status in which a run for this cause has begun: of the build, or, where there is none, of the server. */
export function begin(
  resource: LocalResource,
  status: Status,
  cause: Cause,
  pending: PendingChanges,
): Status {
  const { pending: _, message: __, stopped: ___, ...rest } = status;
  const taken: Status = {
    ...rest,
    cause: withoutInputs(cause),
    observedEvents: { ...status.observedEvents, ...pending.newest },
    ...observedTrigger(resource),
  };
  if (!hasBuild(resource)) return { ...taken, build: undefined, serve: { ...status.serve, cause } };
  return { ...taken, build: { startTime: nowMicro(), reason: cause.type, cause } };
}

/** What is asked for by its annotation is taken in. */
export const observedTrigger = ({ metadata }: LocalResource): Pick<Status, "observedTrigger"> => {
  const value = metadata.annotations?.[TRIGGER_ANNOTATION];
  return value === undefined ? {} : { observedTrigger: value };
};

/** The status with what the process of the running build has come to. */
export async function observeBuild(
  client: Client,
  resource: LocalResource,
  process: LocalProcess | undefined,
): Promise<Status> {
  const { status = {} } = resource;
  const { build } = status;
  if (!build?.cause || !isBuilding(status) || !process || isActive(process)) return status;
  // When exactly it started is said with the result: it is not worth a write of its own.
  const { state, startTime = build.startTime } = process.status ?? {};
  const isOver = state === "Succeeded" || state === "Failed";
  if (isOver && hasTaken(process, ownCauseOf(resource, "build", build.cause))) {
    return finish(status, await resultOf(client, { ...build, startTime }, process));
  }
  // Whatever else it came to, what was to end has ended: it may never have run, or an earlier tiltish has ended it.
  return build.cancel && wasAskedToEnd(process, build.cancel)
    ? cancelBuild(status, build.cancel.message)
    : status;
}

/** The status in which no build runs any more, because of `why`. */
export function cancelBuild(status: Status, why = "canceled by hand"): Status {
  const { build } = status;
  if (!build || !isBuilding(status)) return status;
  const finishTime = nowMicro();
  const error = why.startsWith("canceled") ? why : `canceled: ${why}`;
  return finish(status, { ...build, ...span(build.startTime, finishTime), error });
}

/** The status of a resource that has no build any more: its server waits for none. */
export function withoutBuild(status: Status): Status {
  if (!status.build) return status;
  const { build: _, ...rest } = cancelBuild(status, "it has no build any more");
  return { ...rest, serve: { ...rest.serve, cause: rest.serve?.cause ?? rest.cause } };
}

const span = (startTime: string | undefined, finishTime: string) => ({
  finishTime,
  duration: durationOf(Math.max(0, Date.parse(finishTime) - Date.parse(startTime ?? finishTime))),
});

async function resultOf(client: Client, build: Build, process: LocalProcess): Promise<Build> {
  const { state, exitCode, finishTime = nowMicro(), startTime } = process.status ?? {};
  return {
    ...build,
    ...span(startTime ?? build.startTime, finishTime),
    ...(exitCode !== undefined && { exitCode }),
    ...(state === "Failed" && { error: await failureOf(client, build, process) }),
  };
}

async function failureOf(client: Client, { cancel }: Build, process: LocalProcess): Promise<string> {
  const error = await errorOf(client, process);
  const [first = "", ...lines] = error.split("\n");
  return cancel || first.startsWith("canceled")
    ? [cancel?.message ?? "canceled", ...lines].join("\n")
    : error;
}

function finish(status: Status, build: Build): Status {
  const entry = { ...build, ...(build.cause && { cause: withoutInputs(build.cause) }) };
  const buildHistory = [entry, ...(status.buildHistory ?? [])].slice(0, HISTORY);
  const serve = build.error === undefined ? { ...status.serve, cause: build.cause } : status.serve;
  return { ...status, build, buildHistory, ...(serve && { serve }) };
}
