import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import type { Cause, LocalResource } from "../../apis/v1alpha1/index.ts";
import { causeOfTrigger, newTraceparent, nowMicro } from "../runtime/index.ts";
import type { Status } from "./build.ts";
import { filesText, type PendingChanges } from "./changes.ts";

export interface Circumstances {
  status: Status;
  pending: PendingChanges;
  /** The template of the build differs from that of the last build. */
  isSpecChanged: boolean;
  /** It was disabled, and has not run since. */
  isToEnable: boolean;
  /** A dependency with `onChange: Restart` that has run again. */
  dependencyCause?: Cause;
}

/** Why the resource is to run now, or undefined if it is not. Somebody who asks by hand comes first. */
export function dueCause(resource: LocalResource, now: Circumstances): Cause | undefined {
  const { status, pending } = now;
  const trigger = resource.metadata.annotations?.[TRIGGER_ANNOTATION];
  if (trigger !== undefined && trigger !== status.observedTrigger) {
    return { ...causeOfTrigger(trigger), ...filesOf(pending) };
  }
  if (!status.cause && resource.spec.initialRun) return because("Created", "it is new");
  if (now.isToEnable) return because("SpecChange", "it was enabled");
  if (resource.spec.triggerMode === "Manual") return undefined;
  if (pending.source) return fileChange(pending, pending.source);
  if (now.isSpecChanged) return because("SpecChange", "its spec was changed");
  return now.dependencyCause;
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
