import type { ObjectOf, StatusOf } from "../../apis/kind.ts";
import type { Condition } from "../../apis/meta.ts";
import type { FileEvent, FileWatch } from "../../apis/v1alpha1/index.ts";
import { controllerOf, removeCondition, setCondition } from "../runtime/index.ts";
import { LONGEST_HOLD_MS } from "./engine/git-lock.ts";
import { ignoreLineFor } from "./engine/loop-detector.ts";
import type { PendingEvent, Suspension, WatchSession } from "./session.ts";

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
  const status = withReady(object, readyOf(object, session));
  return {
    ...status,
    conditions: withWarning(object, status.conditions ?? [], warningOf(session)),
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

const eventOf = ({ time, files, modifiedMs, traceparent }: PendingEvent): FileEvent => ({
  time,
  count: files.length,
  files: files.slice(0, SHOWN_FILES),
  ...(modifiedMs > 0 && { modifiedTime: `${new Date(modifiedMs).toISOString().slice(0, 23)}000Z` }),
  traceparent,
});

export const DISABLED: Ready = { status: "False", reason: "Disabled", message: "spec.disabled is set" };

export const failed = (error: unknown): Ready => ({
  status: "False",
  reason: "Failed",
  message: `cannot watch: ${messageOf(error)}`,
});

function readyOf(object: FileWatchObject, session: WatchSession): Ready {
  const { suspension, problem, git, missing, way } = session;
  if (suspension) return suspended(object, suspension);
  if (problem !== undefined) return failed(problem);
  if (git && !git.isStale) return { status: "True", reason: "HeldByGit", message: heldMessage(git.path) };
  const warning = warningOf(session);
  if (warning) return { status: "True", ...warning };
  if (missing.length > 0) return { status: "True", reason: "PathMissing", message: missingMessage(missing) };
  return { status: "True", reason: "Watching", message: way?.message ?? "changes of files are seen" };
}

type Warning = Pick<Ready, "reason" | "message">;

/** What people should know though all works. */
function warningOf({ limited, way, git }: WatchSession): Warning | undefined {
  if (limited !== undefined) {
    const message = `${limited}. Until then some directories are looked at every second instead`;
    return { reason: "WatchLimited", message };
  }
  if (way?.isWarning) return { reason: "NoFileEvents", message: way.message };
  return git?.isStale ? { reason: "GitLockLeft", message: leftMessage(git.path) } : undefined;
}

function withWarning(
  { metadata }: FileWatchObject,
  conditions: readonly Condition[],
  warning: Warning | undefined,
): Condition[] {
  if (!warning) return removeCondition(conditions, "Warning");
  const observedGeneration = metadata.generation;
  return setCondition(conditions, { type: "Warning", status: "True", ...warning, observedGeneration });
}

const heldMessage = (path: string): string =>
  `git is rewriting files (${path}): changes are held back until it is done`;

const leftMessage = (path: string): string =>
  `${path} has been there for more than ${LONGEST_HOLD_MS / 1000} s, so changes are no longer held back for it. ` +
  "End what git has begun there, such as with git rebase --continue or --abort; if no git runs, remove it";

/** Who did it, what, how often; what was done about it; how to mend it. */
function suspended(object: FileWatchObject, { looping, culprit, times, seconds }: Suspension): Ready {
  const { edit, field } = placeOfIgnores(object);
  const line = ignoreLineFor(looping);
  const message =
    `${culprit} rewrote ${listed(looping)}, which it watches (${times} in ${seconds} s). Watch suspended. ` +
    `Ignore ${line}? Add it to ${field}: ${edit} (or set the annotation tiltish.dev/trigger to go on as it is)`;
  return { status: "False", reason: "Suspended", message };
}

/** An inline watch is changed where it is written. */
function placeOfIgnores({ metadata }: FileWatchObject): { edit: string; field: string } {
  const owner = controllerOf({ metadata });
  if (owner?.kind !== "LocalResource")
    return { edit: `tiltish edit fw ${metadata.name}`, field: "spec.ignores" };
  return { edit: `tiltish edit lr ${owner.name}`, field: "spec.watch.ignores" };
}

const missingMessage = (missing: readonly string[]): string =>
  `waiting for ${listed(missing)}, which ${missing.length === 1 ? "does" : "do"} not exist`;

const listed = (files: readonly string[]): string =>
  files.length > 5 ? `${files.slice(0, 5).join(", ")} and ${files.length - 5} more` : files.join(", ");

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
