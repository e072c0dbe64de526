import type { Condition } from "../../../apis/meta.ts";
import type { CFAppSync } from "../../../apis/v1alpha1/index.ts";
import {
  removeCondition,
  setCondition,
  setDependencyConditions,
  type Verdict as Dependencies,
} from "../../runtime/index.ts";
import type { State } from "../engine/machine.ts";
import { ASPECTS, type Observation, type Status, type Verdict } from "../engine/observation.ts";

/** What keeps the engine from running although it could. */
export type Obstacle = { readonly state: "Disabled" | "Waiting" | "Idle"; readonly message: string };

/** As people read them. */
const STATES: Readonly<Record<State, string>> = {
  Idle: "Idle",
  Resolve: "Resolving",
  Deploy: "Deploying",
  Connect: "Connecting",
  Baseline: "Comparing",
  Watch: "Synced",
  Collect: "Syncing",
  Stage: "Syncing",
  Commit: "Restarting",
  Backoff: "BackOff",
  Blocked: "Blocked",
};

interface Seen {
  readonly observation: Observation;
  readonly obstacle?: Obstacle | undefined;
  readonly dependencies?: Dependencies | undefined;
}

/** The whole status, derived from what was seen. */
export function statusOf(object: CFAppSync, { observation, obstacle, dependencies = {} }: Seen): Status {
  const message = obstacle?.message || observation.message;
  return {
    ...observation.facts,
    state: obstacle?.state ?? stateOf(observation),
    ...(message && { message }),
    conditions: conditionsOf(object, { observation, obstacle, dependencies }),
  };
}

/** While it watches, what it says is whether the app is as it should be. */
export function stateOf({ state, verdicts }: Observation): string {
  const isOnItsWay = state === "Commit" && verdicts.Running?.reason !== "Restarting";
  if (isOnItsWay) return STATES.Stage;
  if (state !== "Watch") return STATES[state];
  const { Synced: synced, Running: running } = verdicts;
  if (running?.status === "False" && running.reason !== "Restarting") return running.reason;
  return synced && synced.status !== "True" ? synced.reason : "Synced";
}

function conditionsOf(object: CFAppSync, { observation, obstacle, dependencies = {} }: Seen): Condition[] {
  const { generation: observedGeneration } = object.metadata;
  let conditions: Condition[] = object.status?.conditions ?? [];
  for (const type of ASPECTS) {
    const verdict = observation.verdicts[type];
    conditions = verdict
      ? setCondition(conditions, { type, ...verdict, observedGeneration })
      : removeCondition(conditions, type);
  }
  conditions = setDependencyConditions(conditions, dependencies, observedGeneration);
  const ready = readyVerdict(observation, obstacle);
  return setCondition(conditions, { type: "Ready", ...ready, observedGeneration });
}

/** Ready is what has all that is here, and runs as far as anybody can tell. */
export function readyVerdict(observation: Observation, obstacle?: Obstacle): Verdict {
  if (obstacle) return { status: "False", reason: obstacle.state, message: obstacle.message };
  const { verdicts } = observation;
  const needed = ["Authenticated", "AppExists", "Synced", "Running"] as const;
  const lacks = needed.flatMap((aspect) => verdicts[aspect] ?? []).filter(({ status }) => status === "False");
  // An app that is to be deployed is missing for the reason that its deploy is not done.
  const lacking = lacks.find(({ reason }) => reason !== "NotDeployed") ?? lacks[0];
  if (lacking) return { ...lacking, status: "False", message: firstLine(lacking.message ?? "") };
  if (verdicts.Synced?.status !== "True")
    return { status: "False", reason: stateOf(observation), message: observation.message ?? "" };
  return { status: "True", reason: "Synced", message: verdicts.Synced.message };
}

const firstLine = (text: string): string => text.split("\n", 1)[0]!;
