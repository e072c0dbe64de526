import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import { withoutInputs } from "../runtime/index.ts";
import { newRequest } from "./due.ts";
import { ImageFailure } from "./failure.ts";
import type { Case } from "./kind.ts";
import type { ImageObject, Status } from "./work.ts";

/** A stop and a cancel; a request for a build waits until what runs is over. */
export function obey({ tools, kind, object, entry }: Case): void {
  const request = newRequest(object, entry.status);
  if (request?.type !== "Stop" && request?.type !== "Cancel") return;
  entry.status = { ...entry.status, ...observedTrigger(object) };
  if (request.type === "Stop") entry.status = { ...entry.status, stopped: withoutInputs(request) };
  entry.retryAtMs = undefined;
  const why = request.type === "Stop" ? "canceled: stopped by hand" : "canceled by hand";
  if (entry.job) return entry.job.cancel(why);
  if (kind.coversFiles) entry.owed = undefined;
  if (kind.cancel?.(entry.uid, why)) {
    entry.failure = new ImageFailure({ reason: "Canceled", message: why });
    entry.status = { ...entry.status, error: why };
  } else if (request.type === "Cancel")
    tools.recorder.event(object, "Normal", "CancelIgnored", "no build runs");
}

/** What is asked for by its annotation is taken in. */
export function observedTrigger({ metadata }: ImageObject): Pick<Status, "observedTrigger"> {
  const value = metadata.annotations?.[TRIGGER_ANNOTATION];
  return value === undefined ? {} : { observedTrigger: value };
}
