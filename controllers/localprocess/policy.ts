import { millisecondsOf } from "../../apis/duration.ts";
import type { LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { LONGEST_DELAY_MS } from "../runtime/index.ts";
import type { Outcome } from "./machine.ts";

export type GivenUp = "timeout" | "unhealthy" | "canceled";

/** How a run ended. */
export interface RunEnd {
  exitCode?: number;
  signal?: string;
  /** We ended it, for this reason. */
  givenUp?: GivenUp;
  /** It could not even be started. */
  notStarted?: boolean;
}

/** What the end of a run means: whether it succeeded, and whether it is to be run again. */
export function outcomeOf(spec: LocalProcessSpec, end: RunEnd, restarts: number): Outcome {
  const outcome = isSuccess(spec, end) ? "Succeeded" : "Failed";
  if (!wantsRestart(spec, end)) return outcome;
  return hasRestartsLeft(spec, restarts) ? "BackOff" : outcome;
}

export const isSuccess = ({ successExitCodes }: LocalProcessSpec, end: RunEnd): boolean =>
  !end.givenUp && !end.notStarted && end.exitCode !== undefined && successExitCodes.includes(end.exitCode);

export const hasRestartsLeft = ({ maxRestarts }: LocalProcessSpec, restarts: number): boolean =>
  maxRestarts === undefined || restarts < maxRestarts;

export function wantsRestart(spec: LocalProcessSpec, end: RunEnd): boolean {
  const { daemon, restartPolicy } = spec;
  if (end.givenUp === "canceled") return false;
  // Who gives a liveness probe and no policy wants what the probe is for.
  if (!restartPolicy) return daemon || end.givenUp === "unhealthy";
  if (restartPolicy === "OnFailure") return !isSuccess(spec, end);
  return restartPolicy === "Always";
}

/** The restarts in a row that count after a run of this length. */
export const restartsAfter = (spec: LocalProcessSpec, restarts: number, ranMs: number): number =>
  ranMs >= ms(spec.backoff.resetAfter) ? 0 : restarts;

export const backoffDelayMs = ({ backoff }: LocalProcessSpec, restarts: number): number =>
  Math.min(ms(backoff.max), ms(backoff.initial) * 2 ** Math.min(restarts, 40), LONGEST_DELAY_MS);

/** For people: `exited with code 5`. */
export function describeEnd(spec: LocalProcessSpec, { exitCode, signal, givenUp }: RunEnd): string {
  const how = signal ? `ended by ${signal}` : `exited with code ${exitCode}`;
  if (givenUp === "timeout") return `took longer than its timeout of ${spec.timeout} (${how})`;
  return givenUp === "canceled" ? `canceled (${how})` : how;
}

/** The schema lets only durations through. */
export const ms = (duration: string): number => millisecondsOf(duration) ?? 0;
