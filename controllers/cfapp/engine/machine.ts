/** The life of a sync as a table: pure, so that any sequence of events can be tried on it. */
export type State =
  /** It is not to run. */
  | "Idle"
  /** Who is logged in, which app, which instances. */
  | "Resolve"
  | "Deploy"
  | "Connect"
  /** What do the instances have? */
  | "Baseline"
  | "Watch"
  /** What has changed, and what is to be done about it? */
  | "Collect"
  /** Every instance gets the set, and verifies it. */
  | "Stage"
  /** Every instance that has it makes it what the app has, restarts, and tells how that went. */
  | "Commit"
  /** Something failed that may not fail the next time. */
  | "Backoff"
  /** Something failed that somebody has to mend. */
  | "Blocked";

export type MachineEvent =
  | "start"
  | "stop"
  /** The spec says something else now. */
  | "respec"
  | "resolved"
  | "mustDeploy"
  | "deployed"
  | "connected"
  /** No way leads to the instances; only a full deploy does. */
  | "offline"
  | "known"
  | "changed"
  | "nothing"
  | "planned"
  | "staged"
  | "committed"
  /** An instance is to be connected that is not. */
  | "incomplete"
  /** Nothing is connected any more. */
  | "failed"
  | "refused"
  | "again";

const TABLE: Record<State, Partial<Record<MachineEvent, State>>> = {
  Idle: { respec: "Idle" },
  Resolve: { resolved: "Connect", mustDeploy: "Deploy" },
  Deploy: { deployed: "Resolve" },
  Connect: { connected: "Baseline", offline: "Collect" },
  Baseline: { known: "Collect", incomplete: "Connect", mustDeploy: "Deploy" },
  Watch: { changed: "Collect", incomplete: "Connect", again: "Resolve", mustDeploy: "Deploy" },
  Collect: { nothing: "Watch", planned: "Stage", mustDeploy: "Deploy", again: "Collect" },
  Stage: { staged: "Commit", again: "Collect", nothing: "Watch" },
  Commit: { committed: "Watch", nothing: "Watch" },
  Backoff: { again: "Resolve" },
  Blocked: { again: "Resolve" },
};

/** Wherever it is. */
const ANYWHERE: Partial<Record<MachineEvent, State>> = {
  start: "Resolve",
  respec: "Resolve",
  stop: "Idle",
  failed: "Backoff",
  refused: "Blocked",
};

/** The state after an event. What is in neither table is no news in that state, and changes nothing. */
export const step = (state: State, event: MachineEvent): State =>
  TABLE[state][event] ?? ANYWHERE[event] ?? state;
