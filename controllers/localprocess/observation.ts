import type { Cause } from "../../apis/v1alpha1/index.ts";
import type { State } from "./machine.ts";

/** What is known about the process of one object. */
export interface Observation {
  state: State;
  /** Runs counted from 1; 0 before the first. */
  run: number;
  restarts: number;
  ready: boolean;
  /** What happened last, what it waits for, or why it is not ready. */
  message: string;
  pid?: number;
  startTime?: string;
  finishTime?: string;
  exitCode?: number;
  signal?: string;
  ports?: Record<string, number>;
  nextStartTime?: string;
  cause?: Cause;
  previousRun?: PreviousRun;
}

/** What is kept of a run when the next one starts. */
export type PreviousRun = Pick<Observation, "run" | "startTime" | "finishTime" | "exitCode" | "signal">;

export type EventReason =
  | "Started"
  | "Ready"
  | "Unhealthy"
  | "Exited"
  | "FailedToStart"
  | "BackOff"
  | "GaveUp"
  | "TimedOut"
  | "Canceled"
  | "Stopping"
  | "Killing"
  | "CannotKill";

/** Something worth an Event of the API. */
export interface ProcessEvent {
  type: "Normal" | "Warning";
  reason: EventReason;
  message: string;
}
