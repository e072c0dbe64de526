import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import type { Cause } from "../../apis/v1alpha1/index.ts";
import {
  causeOfTrigger,
  fileChangeSince,
  type ImageResult,
  newTraceparent,
  nowMicro,
  type Verdict,
} from "../runtime/index.ts";
import type { FileWatch } from "../../apis/v1alpha1/index.ts";
import type { Entry } from "./entry.ts";
import type { ImageObject, Status } from "./work.ts";

/** Something that may have to be built. */
export interface Due {
  cause: Cause;
  /** Whether or not anything that goes into it has changed. */
  isForced: boolean;
  /** What was tried in vain is not tried again. */
  isMereLook?: boolean;
}

/** What an attempt was to do, until it is done. */
export type Owed = Pick<Due, "cause" | "isForced">;

export interface Circumstances {
  entry: Entry;
  /** The one over the context. */
  ownWatches: readonly FileWatch[];
  /** Those that restartOn speaks of. */
  otherWatches: readonly FileWatch[];
  images: readonly ImageResult[];
  dependencies: Verdict;
  /** Why it must be built although nothing has changed since it was looked at. */
  needsBuild?: string | undefined;
  nowMs: number;
}

/** What somebody asks of the image, if that has not been acted on. */
export function newRequest({ metadata }: ImageObject, { observedTrigger }: Status): Cause | undefined {
  const value = metadata.annotations?.[TRIGGER_ANNOTATION];
  return value === undefined || value === observedTrigger ? undefined : causeOfTrigger(value);
}

/** Tells one set of images from another. */
export const imagesKeyOf = (images: readonly ImageResult[]): string => keyOfRecord(imagesRecordOf(images));

/** As the status has them. */
export const imagesRecordOf = (images: readonly ImageResult[]): Record<string, string> =>
  Object.fromEntries(images.map(({ kind, name, digest }) => [`${kind}/${name}`, digest]));

export const keyOfRecord = (record: Readonly<Record<string, string>>): string =>
  Object.entries(record)
    .map(([ref, digest]) => `${ref}@${digest}`)
    .toSorted()
    .join(" ");

/** Why to look now whether the image is as it should be; undefined if there is nothing to look for. */
export function dueOf(object: ImageObject, now: Circumstances): Due | undefined {
  const due = newlyDue(object, now);
  return due && withOwed(due, now.entry);
}

/** What has been asked for and has come to nothing is still asked for. That tiltish looks again is no cause of its own. */
function withOwed(due: Due, { owed }: Entry): Due {
  if (!owed) return due;
  const cause = due.cause.type === "ServerStart" ? owed.cause : due.cause;
  return { ...due, cause, isForced: due.isForced || owed.isForced };
}

function newlyDue(object: ImageObject, now: Circumstances): Due | undefined {
  const { entry } = now;
  const request = newRequest(object, entry.status);
  if (request) return { cause: request, isForced: true };
  if (entry.isInterrupted) return interrupted(entry);
  if (entry.status.cause === undefined) return look("Created", "it is new");
  const changed = changeOf(object, now);
  if (entry.status.stopped) return undefined;
  // What has been asked for goes on by itself.
  return object.spec.triggerMode === "Manual" ? retryOf(now) : changed;
}

/** What has changed and waits for somebody to ask for it. That the engine answers again is no change. */
export function pendingOf(object: ImageObject, now: Circumstances): string | undefined {
  const doubt = now.entry.doubt?.type === "ServerStart" ? undefined : now.entry.doubt;
  return changeOf(object, { ...now, entry: { ...now.entry, doubt } })?.cause.message;
}

/** What has changed since it was looked at, whether or not that is to be built now. */
function changeOf(object: ImageObject, now: Circumstances): Due | undefined {
  const { entry, otherWatches, ownWatches, dependencies, images } = now;
  const named = fileChangeSince(otherWatches, entry.seenEvents);
  if (named) return { cause: named, isForced: true };
  const own = fileChangeSince(ownWatches, entry.seenEvents);
  if (own) return { cause: own, isForced: false };
  if (now.needsBuild !== undefined) return look("FileChange", now.needsBuild);
  if (dependencies.cause && !isSame(dependencies.cause, entry.owed?.cause))
    return { cause: dependencies.cause, isForced: true };
  if (entry.doubt) return { cause: entry.doubt, isForced: false };
  if (!entry.looked) return look("ServerStart", "tiltish was started");
  if (entry.looked.generation !== object.metadata.generation)
    return look("SpecChange", "its spec was changed");
  if (entry.looked.images !== imagesKeyOf(images)) return imageChange(entry, images);
  const retry = retryOf(now);
  if (retry) return retry;
  if (isWatchedAnew(object, now))
    return { ...look("FileChange", "its context is watched anew"), isMereLook: true };
  return undefined;
}

/**
 * What was changed before it was watched so that nobody has seen. What is done only when asked is not asked for by
 * this, nor what somebody has canceled.
 */
function isWatchedAnew({ spec }: ImageObject, now: Circumstances): boolean {
  const { failure, looked } = now.entry;
  if (spec.triggerMode !== "Auto" || failure?.reason === "Canceled") return false;
  return watchedSince(now) !== looked?.watched;
}

/** Since when changes of the context are seen. */
export const watchedSince = ({ ownWatches }: Circumstances): string | undefined =>
  ownWatches[0]?.status?.monitorStartTime;

export const causeFor = (type: Cause["type"], message: string, object?: string): Cause => ({
  type,
  message,
  ...(object && { object }),
  time: nowMicro(),
  traceparent: newTraceparent(),
});

const look = (...[type, message, object]: Parameters<typeof causeFor>): Due => ({
  cause: causeFor(type, message, object),
  isForced: false,
});

/** What had been asked for is done, as far as it is not. */
const interrupted = ({ owed }: Entry): Due => owed ?? look("ServerStart", "tiltish was started");

function imageChange({ looked }: Entry, images: readonly ImageResult[]): Due {
  const before = new Set(looked?.images.split(" "));
  const changed = images.find((image) => !before.has(imagesKeyOf([image])));
  const ref = changed && `${changed.kind}/${changed.name}`;
  return look("Dependency", ref ? `${ref} was built anew` : "it needs other images", ref);
}

function retryOf({ entry: { retryAtMs, owed }, nowMs }: Circumstances): Due | undefined {
  return retryAtMs === undefined || retryAtMs > nowMs ? undefined : (owed ?? look("Created", "it is new"));
}

/** Of the same run of the same object. */
const isSame = (a: Cause, b: Cause | undefined): boolean => a.object === b?.object && a.time === b?.time;
