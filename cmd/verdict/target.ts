/**
 * `idle`: nobody has asked for it, and it does not run by itself. `unready`: a server that should answer and does not.
 * `active`: a job that takes as long as it takes.
 */
export type TargetState = "good" | "failed" | "unready" | "active" | "waiting" | "idle" | "disabled";

/** One thing that has to go well: a build, a server, a job. */
export interface Target {
  /** `NAMESPACE/KIND/NAME` of the object. */
  key: string;
  /** As people know it: `api:build`, `api:serve`, `migrate`. */
  name: string;
  role: "build" | "server" | "job" | "object";
  state: TargetState;
  /** How it is, or what it waits for, in a few words. */
  message: string;
  /** More about a failure: the last lines that it wrote. */
  details?: readonly string[];
  /** When time alone makes it good. */
  goodAtMs?: number;
  /** A failure that may mend of itself is tolerated so long in any case. */
  patienceMs?: number;
  /** How long a build or a job took, or a server until it was ready. */
  durationMs?: number;
}

/** What the statuses of processes have that says how they are. */
export interface ProcessStatus {
  state?: string;
  ready?: boolean;
  startTime?: string;
  finishTime?: string;
  exitCode?: number;
  signal?: string;
  message?: string;
  restarts?: number;
}

/** Who has no probe counts as ready once it has run for so long: many a server dies in its first second. */
export const SETTLE_MS = 1_000;

export const msBetween = (from: string | undefined, to: string | undefined): number | undefined => {
  const ms = Date.parse(to ?? "") - Date.parse(from ?? "");
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};
