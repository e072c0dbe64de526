import type { LocalResource } from "../../apis/v1alpha1/index.ts";
import type { Recorder } from "../runtime/index.ts";
import { isBuilding, type Status } from "./build.ts";
import { filesText } from "./changes.ts";
import { firstLine } from "./status.ts";

/** Writes an Event for what is new in the status: decisions to act, and not to. */
export function announce(recorder: Recorder, resource: LocalResource, next: Status): void {
  const before = resource.status ?? {};
  const say = (type: "Normal" | "Warning", reason: string, message: string) =>
    recorder.event(resource, type, reason, message);

  const finished = next.buildHistory?.[0];
  if (finished && finished.finishTime !== before.buildHistory?.[0]?.finishTime) {
    if (finished.error)
      say("Warning", "BuildFailed", `build failed after ${finished.duration}: ${firstLine(finished.error)}`);
    else say("Normal", "BuildSucceeded", `built in ${finished.duration}`);
  }
  if (next.cause && next.cause.time !== before.cause?.time) {
    say(
      "Normal",
      isBuilding(next) ? "BuildStarted" : before.cause ? "Restarted" : "Started",
      `because ${causeText(next.cause)}`,
    );
  }
  if (isBuilding(next) && !isBuilding(before) && resource.spec.buildTemplate?.readinessProbe) {
    const why = "a build is ready when it has succeeded";
    say("Warning", "ProbeIgnored", `spec.buildTemplate.readinessProbe is ignored: ${why}`);
  }
  if (next.state === before.state && withoutOutput(next.message) === withoutOutput(before.message)) return;
  if (next.state === "Waiting") say("Normal", "Waiting", withoutOutput(next.message));
  if (next.state === "Pending") say("Normal", "Pending", next.message ?? "");
}

/** Output is for who asks for it: it may hold what is not to lie about in Events. */
const withoutOutput = (message = ""): string => message.replaceAll(/; last log: "(?:[^"\\]|\\.)*"/g, "");

function causeText(cause: NonNullable<Status["cause"]>): string {
  if (cause.fileCount) return filesText({ count: cause.fileCount, files: cause.files ?? [] });
  return cause.message ?? cause.type;
}
