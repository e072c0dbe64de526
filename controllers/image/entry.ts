import type { Cause } from "../../apis/v1alpha1/index.ts";
import { keyOfRecord, type Owed } from "./due.ts";
import type { ImageFailure } from "./failure.ts";
import type { Job } from "./job.ts";
import type { ImageObject, Made, Status } from "./work.ts";

interface Looked {
  /** Of the spec. */
  generation: number | undefined;
  /** Digests of the images. */
  images: string;
  /** Since when the context is watched by the rules of then; undefined if it was not. */
  watched?: string | undefined;
}

/** What this tiltish remembers of one image. What must survive it is in the status. */
export interface Entry {
  readonly uid: string;
  /** As it was written last, or is to be. */
  status: Status;
  job: Job | undefined;
  /** Why the last attempt came to nothing. */
  failure: ImageFailure | undefined;
  /** What has been begun and is not done. */
  owed: Owed | undefined;
  /** From what the last attempt was made. */
  tried: string | undefined;
  /** What is built, though not everywhere where it is to be. */
  made: Omit<Made, "refs"> | undefined;
  /** What there was to see at the last look; none: it was never looked. */
  looked: Looked | undefined;
  /** Why it may not be as it was at the last look. */
  doubt: Cause | undefined;
  /** Files that changed after this have not been taken in. */
  seenEvents: string;
  /** How often it has failed in a row for something that may pass, and when to try again. */
  attempts: number;
  retryAtMs: number | undefined;
  /** A build ran when an earlier tiltish ended. */
  isInterrupted: boolean;
  /** For what it waits, as told last. */
  waitsFor: string | undefined;
}

/** @param coversFiles - As for ImageKind. */
export function entryOf(object: ImageObject, coversFiles: boolean): Entry {
  const { metadata, status = {} } = object;
  return {
    uid: metadata.uid ?? "",
    status,
    job: undefined,
    failure: undefined,
    owed: owedBefore(status, coversFiles),
    tried: undefined,
    made: undefined,
    looked: lookedBefore(object),
    doubt: undefined,
    seenEvents: status.startTime ?? metadata.creationTimestamp ?? "",
    attempts: 0,
    retryAtMs: undefined,
    isInterrupted: isInterrupted(status),
    waitsFor: undefined,
  };
}

const isInterrupted = ({ startTime, finishTime }: Status): boolean =>
  startTime !== undefined && finishTime === undefined;

/** What an earlier tiltish has left undone; files that it was for cannot be told from others where nobody compares them. */
function owedBefore(status: Status, coversFiles: boolean): Owed | undefined {
  const { cause, error } = status;
  if (!cause) return undefined;
  if (!coversFiles && (isInterrupted(status) || error !== undefined)) return { cause, isForced: true };
  const isForced = cause.type === "Trigger" || cause.type === "Restart";
  return isInterrupted(status) ? { cause, isForced } : undefined;
}

/** What is built by hand is left as an earlier tiltish has left it; all else is looked at once. */
function lookedBefore({ spec, status = {} }: ImageObject): Entry["looked"] {
  if (spec.triggerMode !== "Manual" || status.cause === undefined) return undefined;
  return { generation: status.observedGeneration, images: keyOfRecord(status.images ?? {}) };
}
