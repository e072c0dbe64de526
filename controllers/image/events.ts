import type { Recorder } from "../runtime/index.ts";
import type { Job } from "./job.ts";
import { firstLine } from "./status.ts";
import type { ImageObject, LiveStatus, Status } from "./work.ts";

type Say = (type: "Normal" | "Warning", reason: string, message: string) => void;

const sayer =
  (recorder: Recorder, object: ImageObject): Say =>
  (type, reason, message) =>
    recorder.event(object, type, reason, message);

/** Writes an Event for what is new in the status of an image. */
export function announce(recorder: Recorder, object: ImageObject, next: Status): void {
  const say = sayer(recorder, object);
  const before: Status = object.status ?? {};
  if (next.startTime !== before.startTime && next.startTime !== undefined) {
    say("Normal", "BuildStarted", `because ${next.cause?.message ?? next.cause?.type ?? "it is new"}`);
  }
  if (next.state === "Waiting" && next.message !== before.message)
    say("Normal", "Waiting", next.message ?? "");
  announceLive(say, before.liveUpdate, next.liveUpdate);
}

/** What was done in containers, and why that is no more possible. */
function announceLive(say: Say, before: LiveStatus | undefined, next: LiveStatus | undefined): void {
  const times = new Map(before?.containers?.map(({ id, lastSyncTime }) => [id, lastSyncTime]));
  for (const { id, name = id, files = 0, lastSyncTime, lastExecError } of next?.containers ?? []) {
    if (lastSyncTime === undefined || times.get(id) === lastSyncTime) continue;
    say("Normal", "LiveUpdated", `${files} ${files === 1 ? "file" : "files"} into container ${name}`);
    if (lastExecError !== undefined) say("Warning", "ExecFailed", firstLine(lastExecError));
  }
  if (next?.state === "Failed" && (before?.state !== "Failed" || before.message !== next.message))
    say("Warning", "LiveUpdateFailed", next.message ?? "");
}

/** Tells what an attempt has come to; that there was nothing to do is not worth telling. */
export function announceResult(
  recorder: Recorder,
  object: ImageObject,
  { job, status }: { job: Job; status: Status },
): void {
  const say = sayer(recorder, object);
  const { result } = job;
  if (!result) return;
  if ("failure" in result) return say("Warning", result.failure.reason, firstLine(result.failure.message));
  if (result.outcome.isUnchanged) return;
  say("Normal", "BuildSucceeded", `built in ${status.duration}: ${status.refs?.local}`);
  if (job.phase === "Pushing") say("Normal", "Pushed", `pushed ${status.refs?.local}`);
}
