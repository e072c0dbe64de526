/** The life of a process as a table: pure, so that any sequence of events can be tried on it. */
export type State =
  "Waiting" | "Starting" | "Running" | "Stopping" | "Succeeded" | "Failed" | "BackOff" | "Disabled";

/** Where to go from Stopping, once nothing of the run is left. */
export type Goal = "run" | "wait" | "disable" | "settle";

export type Outcome = "Succeeded" | "Failed" | "BackOff";

export type MachineEvent =
  /** Run from the start, whatever is now. */
  | { type: "run" }
  /** Do not run: something is missing. */
  | { type: "wait" }
  | { type: "disable" }
  /** It runs, and its startup probe, if any, has passed. */
  | { type: "started" }
  /** The leader has exited, or could not be started; others of its tree may still run. */
  | { type: "exited" }
  /** It took too long, or its probe says that it is broken. */
  | { type: "giveUp" }
  /** Nothing of the run is left. `outcome` is what its exit means under the restart policy, as that is now. */
  | { type: "gone"; outcome: Outcome }
  | { type: "backoffOver" };

/** What to do, in this order. */
export type Effect = "spawn" | "stop" | "armBackoff" | "disarmBackoff";

export interface Machine {
  readonly state: State;
  /** In Stopping only. */
  readonly goal?: Goal;
}

export interface Step {
  machine: Machine;
  effects: readonly Effect[];
}

export const INITIAL: Machine = { state: "Waiting" };

type Kind = MachineEvent["type"];
type Entry = readonly [State | "goal", readonly Effect[], Goal?];

const START: Entry = ["Starting", ["spawn"]];
const STOP_TO = (goal: Goal): Entry => ["Stopping", ["stop"], goal];

const IDLE: Partial<Record<Kind, Entry>> = {
  run: START,
  wait: ["Waiting", []],
  disable: ["Disabled", []],
};

const ACTIVE: Partial<Record<Kind, Entry>> = {
  run: STOP_TO("run"),
  wait: STOP_TO("wait"),
  disable: STOP_TO("disable"),
  exited: STOP_TO("settle"),
  giveUp: STOP_TO("settle"),
};

/** What is not in the table is no news in that state, and changes nothing. */
const TABLE: Record<State, Partial<Record<Kind, Entry>>> = {
  Waiting: IDLE,
  Disabled: IDLE,
  Succeeded: IDLE,
  Failed: IDLE,
  BackOff: {
    run: ["Starting", ["disarmBackoff", "spawn"]],
    wait: ["Waiting", ["disarmBackoff"]],
    disable: ["Disabled", ["disarmBackoff"]],
    backoffOver: START,
    gone: ["goal", ["disarmBackoff"]],
  },
  Starting: { ...ACTIVE, started: ["Running", []] },
  Running: ACTIVE,
  Stopping: {
    run: ["Stopping", [], "run"],
    wait: ["Stopping", [], "wait"],
    disable: ["Stopping", [], "disable"],
    gone: ["goal", []],
  },
};

/** The state after an event, and what is to be done about it. */
export function step(machine: Machine, event: MachineEvent): Step {
  const entry = TABLE[machine.state][event.type];
  if (!entry) return { machine, effects: [] };
  const [to, effects, goal] = entry;
  if (to === "goal" && event.type === "gone") {
    const arrival = arrive(machine.goal ?? "settle", event.outcome);
    return { ...arrival, effects: [...effects, ...arrival.effects] };
  }
  return { machine: goal ? { state: to as State, goal } : { state: to as State }, effects };
}

/** Out of Stopping. */
function arrive(goal: Goal, outcome: Outcome): Step {
  if (goal === "run") return { machine: { state: "Starting" }, effects: ["spawn"] };
  if (goal === "wait") return { machine: { state: "Waiting" }, effects: [] };
  if (goal === "disable") return { machine: { state: "Disabled" }, effects: [] };
  return { machine: { state: outcome }, effects: outcome === "BackOff" ? ["armBackoff"] : [] };
}
