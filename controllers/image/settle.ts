import { imagesRecordOf } from "./due.ts";
import type { Entry } from "./entry.ts";
import { announceResult } from "./events.ts";
import type { ImageFailure } from "./failure.ts";
import type { Job } from "./job.ts";
import { type Case, type ImageKind, nameOf } from "./kind.ts";
import { begun, failed, succeeded, unchanged } from "./status.ts";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** Takes in what the job of an image has come to. */
export function settle({ tools, kind, object, entry }: Case): void {
  const { job } = entry;
  if (!job) return;
  if (job.startTime !== undefined && entry.status.startTime !== job.startTime) {
    entry.status = { ...begun(entry.status, job), images: imagesRecordOf(job.images) };
  }
  if (!job.result) return job.nudge();
  entry.job = undefined;
  tools.slots.release(nameOf(object));
  const isSameFailure = "failure" in job.result && job.result.failure === entry.failure;
  if ("failure" in job.result) {
    fail(entry, job, job.result.failure);
    entry.owed = stillOwed(entry, job, kind);
  } else {
    const { made, isUnchanged } = job.result.outcome;
    entry.status = isUnchanged
      ? unchanged(entry.status, job, made.inputs)
      : succeeded(entry.status, job, made);
    entry.owed = undefined;
    Object.assign(entry, { failure: undefined, made: undefined, attempts: 0, retryAtMs: undefined });
  }
  if (!isSameFailure) announceResult(tools.recorder, object, { job, status: entry.status });
}

/** What is built need not be built for it again, and what no retry mends is built when something else has changed. */
function stillOwed({ owed, failure }: Entry, { made }: Job, { coversFiles }: ImageKind): Entry["owed"] {
  if (coversFiles && !failure?.isTransient) return undefined;
  return owed && { ...owed, isForced: owed.isForced && !made };
}

function fail(entry: Entry, job: Job, failure: ImageFailure): void {
  entry.status = failed(entry.status, job, failure);
  entry.failure = failure;
  entry.tried = job.tried ?? entry.tried;
  entry.made = job.made ?? entry.made;
  entry.retryAtMs = undefined;
  if (!failure.isTransient) return void (entry.attempts = 0);
  entry.retryAtMs = Date.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** entry.attempts);
  entry.attempts++;
}
