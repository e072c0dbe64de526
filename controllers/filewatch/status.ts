import type { ObjectOf, StatusOf } from "../../apis/kind.ts";
import type { FileEvent, FileWatch } from "../../apis/v1alpha1/index.ts";
import { setCondition } from "../runtime/index.ts";
import { ignoreLineFor } from "./engine/loop-detector.ts";
import type { PendingEvent, WatchSession } from "./session.ts";

export type FileWatchObject = ObjectOf<typeof FileWatch>;
export type FileWatchStatus = StatusOf<typeof FileWatch>;

interface Ready {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

const KEPT_EVENTS = 20;
const SHOWN_FILES = 20;

/** The status with these events added, and the rest as the session is. */
export function statusOf(object: FileWatchObject, session: WatchSession, pending: readonly PendingEvent[]) {
  const events = withEvents(object.status?.events ?? [], pending);
  return {
    ...withReady(object, readyOf(session)),
    monitorStartTime: session.monitorStartTime,
    ...(events.length > 0 && { events, lastEventTimestamp: events.at(-1)!.time }),
    watchedPaths: session.fileCount,
    ...(!object.spec.selector && { stampedObjects: undefined }),
  } satisfies FileWatchStatus;
}

/** The status as it was, but for the condition Ready. */
export function withReady({ status, metadata }: FileWatchObject, ready: Ready): FileWatchStatus {
  const observedGeneration = metadata.generation;
  return {
    ...status,
    conditions: setCondition(status?.conditions, { type: "Ready", ...ready, observedGeneration }),
  };
}

/** An event that is there already was written by an attempt that seemed to fail. */
function withEvents(events: readonly FileEvent[], pending: readonly PendingEvent[]): FileEvent[] {
  const known = new Set(events.map(({ traceparent }) => traceparent));
  const added = pending.filter(({ traceparent }) => !known.has(traceparent));
  return [...events, ...added.map(eventOf)].slice(-KEPT_EVENTS);
}

const eventOf = ({ time, files, traceparent }: PendingEvent): FileEvent => ({
  time,
  count: files.length,
  files: files.slice(0, SHOWN_FILES),
  traceparent,
});

export const DISABLED: Ready = { status: "False", reason: "Disabled", message: "spec.disabled is set" };

export const failed = (error: unknown): Ready => ({
  status: "False",
  reason: "Failed",
  message: `cannot watch: ${messageOf(error)}`,
});

function readyOf(session: WatchSession): Ready {
  const { suspension, problem, limited, missing, note } = session;
  if (suspension) return suspended(suspension.looping);
  if (problem !== undefined) return failed(problem);
  if (limited) return { status: "True", reason: "WatchLimited", message: limitedMessage(limited) };
  if (missing.length > 0) return { status: "True", reason: "PathMissing", message: missingMessage(missing) };
  return { status: "True", reason: "Watching", message: note ?? "changes of files are seen" };
}

const suspended = (files: readonly string[]): Ready => ({
  status: "False",
  reason: "Suspended",
  message:
    `what this watch triggers changes the files that trigger it: ${listed(files)}. ` +
    `Add to spec.ignores: ${ignoreLineFor(files)} (or set the annotation tiltish.dev/trigger to go on as it is)`,
});

const limitedMessage = (error: Error): string =>
  `the system gives no more watches (${(error as NodeJS.ErrnoException).code}), so some directories are polled. ` +
  "Raise the limit: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=1024";

const missingMessage = (missing: readonly string[]): string =>
  `waiting for ${listed(missing)}, which ${missing.length === 1 ? "does" : "do"} not exist`;

const listed = (files: readonly string[]): string =>
  files.length > 5 ? `${files.slice(0, 5).join(", ")} and ${files.length - 5} more` : files.join(", ");

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
