import type { Cause, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import { isLater, traceparentWithin, triggerValueOf } from "../runtime/index.ts";

export type Role = "build" | "serve";

/** The cause as a process gets it: what it does is a span of its own within the trace. */
export function ownCauseOf({ metadata }: LocalResource, role: Role, cause: Cause): Cause {
  const traceparent = traceparentWithin(cause.traceparent, `${metadata.name} ${role}`);
  return { ...cause, ...(traceparent !== undefined && { traceparent }) };
}

/** Whether the process has taken up what this cause asked for; it may have been asked for something else since. */
export function hasTaken({ status }: LocalProcess, cause: Cause): boolean {
  if (status?.observedTrigger === triggerValueOf(cause)) return true;
  return isSameCause(status?.cause, cause);
}

/** One cause has one time and one trace, however often it is copied. */
const isSameCause = (a: Cause | undefined, b: Cause): boolean =>
  a !== undefined && a.type === b.type && a.time === b.time && a.traceparent === b.traceparent;

/** Whether something of it runs, if only to end. */
export const isActive = ({ status }: LocalProcess): boolean =>
  status?.pid !== undefined || ["Starting", "Running", "Stopping"].includes(status?.state ?? "");

/**
 * What to ask of a process whose run is to end: whatever came between, the run that is on now. One that an earlier
 * tiltish has ended would be run again, and is asked not to be.
 */
export function endRequestFor(process: LocalProcess, cancel: Cause): Cause {
  return endRequest(process, cancel, isActive(process) ? "Cancel" : "Stop");
}

export const wasAskedToEnd = (process: LocalProcess, cancel: Cause): boolean =>
  hasTaken(process, endRequest(process, cancel, "Cancel")) ||
  hasTaken(process, endRequest(process, cancel, "Stop"));

function endRequest({ status }: LocalProcess, cancel: Cause, type: "Cancel" | "Stop"): Cause {
  const { startTime } = status ?? {};
  const time = startTime !== undefined && isLater(startTime, cancel.time) ? startTime : cancel.time;
  return { ...cancel, type, time };
}
