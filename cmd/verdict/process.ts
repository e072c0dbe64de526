import { msBetween, SETTLE_MS, type ProcessStatus, type Target } from "./target.ts";

type Seen = Pick<Target, "state" | "message" | "goodAtMs" | "durationMs">;

/** How time and wishes bear on what a process is. */
export interface Look {
  hasProbe: boolean;
  ignoresReadiness: boolean;
  nowMs: number;
}

/** A process that is to run on. */
export function serverSeen(status: ProcessStatus, look: Look): Seen {
  const { state = "Waiting", message } = status;
  if (state === "Running") return running(status, look);
  if (state === "Failed" || cannotStart(status)) return { state: "failed", message: endOf(status) };
  if (state === "Succeeded") return { state: "good", message: "ended well", ...took(status) };
  if (state === "Disabled") return { state: "disabled", message: "disabled" };
  if (state === "Waiting") return { state: "waiting", message: message ?? "not started yet" };
  if (look.ignoresReadiness) return { state: "good", message: "started; whether it is ready does not count" };
  if (state === "BackOff") return { state: "unready", message: `${endOf(status)}, and is started again` };
  return { state: "unready", message: message ?? "it is starting" };
}

function running(status: ProcessStatus, { hasProbe, ignoresReadiness, nowMs }: Look): Seen {
  if (ignoresReadiness) return { state: "good", message: "runs; whether it is ready does not count" };
  if (!status.ready) return { state: "unready", message: status.message ?? "it runs, and is not ready" };
  const goodAtMs = hasProbe ? -Infinity : Date.parse(status.startTime ?? "") + SETTLE_MS;
  if (goodAtMs > nowMs) return { state: "unready", message: "it has just been started", goodAtMs };
  return { state: "good", message: hasProbe ? "ready" : "runs" };
}

/** A process that is to end. */
export function jobSeen(status: ProcessStatus): Seen {
  const { state = "Waiting", message } = status;
  if (state === "Succeeded") return { state: "good", message: "done", ...took(status) };
  if (state === "Failed" || cannotStart(status))
    return { state: "failed", message: endOf(status), ...took(status) };
  if (state === "Disabled") return { state: "disabled", message: "disabled" };
  if (state === "Waiting") return { state: "waiting", message: message ?? "not started yet" };
  if (state === "BackOff") return { state: "active", message: `${endOf(status)}, and is run again` };
  return {
    state: "active",
    message: "it runs, and has not ended (a server would have daemon: true, or a probe)",
  };
}

/** Exit codes of what may not be run, and of what is not there: as shells have them. */
const NOT_RUN = [126, 127];

/** It is tried again, but no try mends that. */
const cannotStart = ({ state, exitCode = 0 }: ProcessStatus): boolean =>
  state === "BackOff" && NOT_RUN.includes(exitCode);

function took({ startTime, finishTime }: ProcessStatus): { durationMs?: number } {
  const durationMs = msBetween(startTime, finishTime);
  return durationMs === undefined ? {} : { durationMs };
}

function endOf({ exitCode, signal, message }: ProcessStatus): string {
  if (message) return message.split("\n", 1)[0]!;
  if (signal) return `ended by ${signal}`;
  return exitCode === undefined ? "has ended" : `exited with code ${exitCode}`;
}
