import type { AppNews, SyncOutcome } from "../transports/transport.ts";

/** How the app of one instance is, as far as it has been told. It is replaced, never changed. */
export interface Health {
  readonly isSupervised: boolean;
  /** Why none can be, if that is known. */
  readonly why?: string | undefined;
  /** Undefined while none runs. */
  readonly pid?: number | undefined;
  /** Since when it runs, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** How it ended last, unless it has run for long enough since. */
  readonly crash?: Crash | undefined;
  /** Crashes in a row. */
  readonly crashes: number;
  /** It runs, and has not been ready in time; `over` once it was. */
  readonly late?: "still" | "over";
  /** When a new start counts as one that holds. */
  readonly holdsAtMs?: number | undefined;
}

export interface Crash {
  /** Exit code, or signal. */
  readonly exit: string;
  readonly output: string;
  /** It was not the first time in a row. */
  readonly isAgain: boolean;
}

/** Who has run for so long starts to count anew; the supervisor starts it again without delay then. */
const STEADY_MS = 10_000;
/** Of the first crash in a row; far above the time that passes until somebody sees that it has ended again. */
const HOLD_MS = 4_000;

/** An app that ends again and again runs for a moment in between: the more often, the longer it has to hold. */
const holdMs = (crashes: number): number => Math.min(HOLD_MS * 2 ** (crashes - 1), STEADY_MS);

const UNSUPERVISED: Health = { isSupervised: false, sinceMs: 0, crashes: 0 };

const runs = (pid: number, sinceMs: number): Health => ({ isSupervised: true, pid, sinceMs, crashes: 0 });

/** After a restart of ours: what was before it does not count. */
export function afterOutcome(before: Health | undefined, outcome: SyncOutcome, nowMs: number) {
  const { result } = outcome;
  if (result === "ready") return runs(outcome.pid, nowMs);
  if (result === "notready") return { ...runs(outcome.pid, nowMs), late: "still" as const };
  if (result === "unsupervised") return { ...UNSUPERVISED, why: outcome.why };
  if (result !== "crashed") return before;
  const { exit, output } = outcome;
  return { isSupervised: true, sinceMs: 0, crash: { exit, output, isAgain: false }, crashes: 1 };
}

interface Told {
  readonly news: AppNews;
  readonly nowMs: number;
  /** What the status says, from earlier on. */
  readonly isThoughtDown: boolean;
}

/** Pure. */
export function afterNews(before: Health | undefined, { news, nowMs, isThoughtDown }: Told): Health {
  if (!news.isSupervised) return UNSUPERVISED;
  const { pid, isReadyLate } = news;
  if (!before?.isSupervised) {
    // How long it has been as it is, nobody has seen.
    if (pid === undefined) return crashed(runs(0, 0), news, nowMs);
    return { ...runs(pid, 0), ...(isThoughtDown && { holdsAtMs: nowMs + holdMs(1) }) };
  }
  if (pid === before.pid) return isReadyLate && before.late ? { ...before, late: "over" } : before;
  if (before.pid !== undefined) return crashed(before, news, nowMs);
  return { ...before, late: undefined, pid, sinceMs: nowMs, holdsAtMs: nowMs + holdMs(before.crashes) };
}

type Ended = Extract<AppNews, { isSupervised: true }>;

/** It has ended, and may have been started again by now. */
function crashed(before: Health, { pid, exit, output }: Ended, nowMs: number): Health {
  const crashes = (nowMs - before.sinceMs > STEADY_MS ? 0 : before.crashes) + 1;
  const isAgain = crashes > 1;
  // The same once more is no news.
  const isSame = before.crash?.exit === exit && before.crash.isAgain === isAgain;
  return {
    isSupervised: true,
    crash: isSame ? before.crash : { exit, output, isAgain },
    crashes,
    sinceMs: nowMs,
    ...(pid !== undefined && { pid, holdsAtMs: nowMs + holdMs(crashes) }),
  };
}

/** Pure: a restart that has held is one by now. */
export function settledAt(health: Health, nowMs: number): Health {
  const { holdsAtMs } = health;
  if (holdsAtMs === undefined || nowMs < holdsAtMs) return health;
  return { ...health, crash: undefined, holdsAtMs: undefined };
}
