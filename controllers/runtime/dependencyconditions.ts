import type { Condition, KubeObject } from "../../apis/meta.ts";
import { findCondition } from "./conditions.ts";
import { type AnyStatus, specOf, statusOf } from "./dependency.ts";

/** Conditions that follow from a status which does not have them as such. */
const DERIVED: Readonly<Record<string, (parts: Parts) => boolean>> = {
  /** It runs, ready or not, or has run to its end. */
  Started: ({ run, isDone }) => run === "Running" || isDone,
  /** It has done its work. */
  Completed: ({ isDone }) => isDone,
  /** It has ended and will not run again by itself, well or badly. */
  Finished: ({ run, isDone, isBroken }) => isDone || isBroken || run === "Failed",
};

interface Parts {
  /** State of what serves, or of the process itself. */
  run?: string | undefined;
  isDone: boolean;
  isBroken: boolean;
}

/** A condition of an object, as it says it or as it follows from what it says. */
export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const { conditions } = statusOf(object);
  return findCondition(conditions, type) ?? derived(object, type);
}

/** For people who look for one that is not there. */
export const conditionsThereAre = (object: KubeObject): string[] => {
  const own = (statusOf(object).conditions ?? []).map(({ type }) => type);
  return [...new Set([...own, ...(isRunner(object) ? Object.keys(DERIVED) : [])])];
};

const isRunner = ({ kind }: KubeObject): boolean => kind === "LocalResource" || kind === "LocalProcess";

function derived(object: KubeObject, type: string): Condition | undefined {
  const status = statusOf(object);
  if (!isRunner(object) || status.state === undefined || !Object.hasOwn(DERIVED, type)) return undefined;
  const { observedGeneration, state, message = "" } = status;
  return {
    type,
    status: DERIVED[type]!(partsOf(object, status)) ? "True" : "False",
    reason: state,
    message,
    ...(observedGeneration !== undefined && { observedGeneration }),
  } as Condition;
}

function partsOf(object: KubeObject, { state, build, serve, stopped }: AnyStatus): Parts {
  if (object.kind === "LocalProcess") return { run: state, isDone: state === "Succeeded", isBroken: false };
  const isBuilding = build?.startTime !== undefined && build.finishTime === undefined;
  if (isBuilding || stopped || state === "Idle") return { isDone: false, isBroken: false };
  const isBroken = build?.error !== undefined;
  if (specOf(object).serveTemplate)
    return { run: serve?.state, isDone: !isBroken && serve?.state === "Succeeded", isBroken };
  return { isDone: !isBroken && build?.finishTime !== undefined, isBroken };
}
