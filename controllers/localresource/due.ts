import type { Cause, LocalResource } from "../../apis/v1alpha1/index.ts";
import { isLater, newTraceparent, nowMicro } from "../runtime/index.ts";
import type { Status } from "./build.ts";
import { filesText, type PendingChanges } from "./changes.ts";
import { newRequest } from "./requests.ts";

export interface Circumstances {
  status: Status;
  pending: PendingChanges;
  /** The template of the build differs from that of the last build. */
  isSpecChanged: boolean;
  /** The template of the server differs from that of the one that runs, or ran last. */
  isServerChanged: boolean;
  /** It was disabled, and has not run since. */
  isToEnable: boolean;
  /** An image that was built anew. */
  imageCause?: Cause | undefined;
  /** A dependency with `onChange: Restart` that has run again. */
  dependencyCause?: Cause;
}

/** Why the resource is to run now, or undefined if it is not. Somebody who asks by hand comes first. */
export function dueCause(resource: LocalResource, now: Circumstances): Cause | undefined {
  const { status, pending } = now;
  const request = newRequest(resource, status);
  if (request) return { ...request, ...filesOf(pending) };
  if (now.isToEnable) return because("SpecChange", "it was enabled");
  if (status.stopped) return wakes(resource, now, status.stopped);
  if (!status.cause && resource.spec.initialRun) return because("Created", "it is new");
  if (resource.spec.triggerMode === "Manual") return undefined;
  if (pending.source) return fileChange(pending, pending.source);
  if (now.imageCause) return now.imageCause;
  if (now.isSpecChanged) return SPEC_CHANGED();
  return now.dependencyCause;
}

/** What ends a stop by hand: a change after it. */
function wakes({ spec }: LocalResource, now: Circumstances, stopped: Cause): Cause | undefined {
  const { source } = now.pending;
  if (spec.triggerMode === "Manual") return undefined;
  if (source && isLater(source.event.time, stopped.time)) return fileChange(now.pending, source);
  return now.isSpecChanged || now.isServerChanged ? SPEC_CHANGED() : undefined;
}

function fileChange(pending: PendingChanges, { watch, event }: NonNullable<PendingChanges["source"]>): Cause {
  return {
    type: "FileChange",
    object: `FileWatch/${watch}`,
    ...filesOf(pending),
    message: filesText(pending),
    time: event.time,
    traceparent: event.traceparent ?? newTraceparent(),
  };
}

const filesOf = ({ count, files }: PendingChanges) => (count > 0 ? { files, fileCount: count } : {});

const because = (type: Cause["type"], message: string): Cause => ({
  type,
  message,
  time: nowMicro(),
  traceparent: newTraceparent(),
});

const SPEC_CHANGED = (): Cause => because("SpecChange", "its spec was changed");
