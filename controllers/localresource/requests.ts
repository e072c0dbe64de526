import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import type { Cause, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import { causeOfTrigger, isLater, withoutInputs } from "../runtime/index.ts";
import { cancelBuild, isBuilding, isBuilt, observedTrigger, type Status } from "./build.ts";

/** What somebody asks of the resource, if that has not been acted on. */
export function newRequest({ metadata }: LocalResource, status: Status): Cause | undefined {
  const value = metadata.annotations?.[TRIGGER_ANNOTATION];
  return value === undefined || value === status.observedTrigger ? undefined : causeOfTrigger(value);
}

export interface Obeyed {
  status: Status;
  /** Asked for in vain, and why. */
  ignored?: { reason: "CancelIgnored"; message: string };
}

/**
 * The status with what is asked for taken in, if that needs neither a turn nor a slot: a stop, a cancel, a restart of
 * the server. A request for a build is left for its turn.
 */
export function obey(resource: LocalResource, status: Status, build: LocalProcess | undefined): Obeyed {
  const request = newRequest(resource, status);
  if (!request) return { status };
  const taken = { ...status, ...observedTrigger(resource) };
  if (request.type === "Stop") return { status: stopped(taken, request, build) };
  if (request.type === "Cancel") return cancel(taken, request);
  if (request.type === "Restart" && isRestart(resource, status)) return { status: restarted(taken, request) };
  return { status };
}

/** A build that its process has not even taken up ends here and now; for one that runs its process has the word. */
function stopped(status: Status, request: Cause, build: LocalProcess | undefined): Status {
  const { cause } = status.build ?? {};
  const next = { ...status, stopped: withoutInputs(request) };
  if (!isBuilding(status) || !cause) return next;
  return build ? withCancel(next, request) : cancelBuild(next, "it was stopped");
}

/** Who asked before the build began meant another one. */
function cancel(status: Status, request: Cause): Obeyed {
  const { startTime, cancel: before } = status.build ?? {};
  if (before) return { status };
  if (!isBuilding(status)) return { status, ignored: ignored("no build runs") };
  if (isLater(startTime ?? "", request.time))
    return { status, ignored: ignored("it is older than the build that runs") };
  return { status: withCancel(status, request) };
}

const ignored = (message: string) => ({ reason: "CancelIgnored" as const, message });

const withCancel = (status: Status, request: Cause): Status => ({
  ...status,
  build: { ...status.build, cancel: status.build?.cancel ?? withoutInputs(request) },
});

/** Whether there is something that a server could be started from. Otherwise it is a request for a build. */
const isRestart = (resource: LocalResource, status: Status): boolean =>
  resource.spec.serveTemplate !== undefined &&
  status.serve?.cause !== undefined &&
  (isBuilt(resource, status) || isServing(status));

/** A server that goes on beside a newer build, or after one that has failed, may be started again as it was. */
const isServing = ({ stopped, serve }: Status): boolean => stopped === undefined && serve?.pid !== undefined;

function restarted(status: Status, request: Cause): Status {
  const { stopped: _, ...rest } = status;
  return { ...rest, cause: withoutInputs(request), serve: { ...status.serve, cause: request } };
}
