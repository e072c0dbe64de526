import type { LocalProcess } from "../../v1alpha1/index.ts";
import type { ContainerState, ContainerStatus } from "./schema.ts";
import { secondsIn } from "./seconds.ts";
import { signalNumberOf } from "./signals.ts";
import { CONTAINER, imageOf } from "./spec.ts";

type Status = NonNullable<LocalProcess["status"]>;
/** A run that has ended. */
type Ended = Pick<Status, "run" | "startTime" | "finishTime" | "exitCode" | "signal">;

/** What the container of a Pod does, and how what it did before ended. */
export function containerStatusOf(process: LocalProcess): ContainerStatus {
  const { status = {}, metadata, spec } = process;
  const { run = 0 } = status;
  const { state, lastState } = statesOf(process, status);
  return {
    name: CONTAINER,
    state,
    lastState,
    ready: state.running !== undefined && status.state === "Running" && status.ready === true,
    started: state.running !== undefined && status.state === "Running",
    restartCount: Math.max(0, run - 1),
    image: imageOf(spec),
    imageID: "",
    ...(run > 0 && { containerID: containerIdOf(metadata.uid, run) }),
  };
}

/** Names a run, in the form that clients expect of a container. */
const containerIdOf = (uid = "", run = 0): string => `tiltish://${uid}/${run}`;

/** The run that a container id names. */
export const runOf = (containerId: string | undefined): number | undefined => {
  const [, run] = /^tiltish:\/\/[^/]*\/(\d+)$/.exec(containerId ?? "") ?? [];
  return run === undefined ? undefined : Number(run);
};

type States = Pick<Required<ContainerStatus>, "state" | "lastState">;

function statesOf(process: LocalProcess, status: Status): States {
  const { state, pid, startTime } = status;
  const previous = status.previousRun ? endOf(process, status.previousRun) : {};
  if (state === "Succeeded" || state === "Failed") {
    return { state: endOf(process, status, state === "Succeeded"), lastState: previous };
  }
  const isThere =
    state === "Running" || (pid !== undefined && (state === "Starting" || state === "Stopping"));
  if (isThere) return { state: { running: secondsIn({ startedAt: startTime }) }, lastState: previous };
  // Between two runs, the last one is the one before.
  const lastState = (status.run ?? 0) > 0 ? endOf(process, status) : {};
  return { state: { waiting: waitingOf(status) }, lastState };
}

const WAITING_REASONS: Partial<Record<NonNullable<Status["state"]>, string>> = {
  BackOff: "CrashLoopBackOff",
  Disabled: "Disabled",
};

function waitingOf({ state = "Waiting", message = "" }: Status): NonNullable<ContainerState["waiting"]> {
  // Without a word of why, it is about to be started.
  const reason = WAITING_REASONS[state] ?? (message && state === "Waiting" ? "Waiting" : "ContainerCreating");
  return { reason, ...(message && { message }) };
}

function endOf(process: LocalProcess, ended: Ended, isSuccess = succeeded(process, ended)): ContainerState {
  const { run, startTime, finishTime, exitCode, signal } = ended;
  const number = signalNumberOf(signal);
  const wasSeen = exitCode !== undefined || signal !== undefined;
  return {
    terminated: {
      exitCode: exitCode ?? (wasSeen ? 128 + (number ?? 127) : UNSEEN_EXIT_CODE),
      ...(number !== undefined && { signal: number }),
      reason: wasSeen ? (isSuccess ? "Completed" : "Error") : "ContainerStatusUnknown",
      ...secondsIn({ startedAt: startTime, finishedAt: finishTime }),
      containerID: containerIdOf(process.metadata.uid, run),
    },
  };
}

/** What a kubelet says of a container that ended while it did not look. */
const UNSEEN_EXIT_CODE = 137;

const succeeded = ({ spec }: LocalProcess, { exitCode }: Ended): boolean =>
  exitCode !== undefined && spec.successExitCodes.includes(exitCode);
