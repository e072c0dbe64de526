import type { Condition, KubeObject } from "../../apis/meta.ts";
import { keyOf, nameOf, systemClock, type Clock } from "../../client/index.ts";
import { removeCondition, setCondition } from "./conditions.ts";
import { CYCLE_CONDITION } from "./cycles.ts";
import type { Unmet, Verdict } from "./dependencies.ts";
import type { Recorder } from "./events.ts";

/** On an object that waits for what will not come by itself. */
export const UNMET_CONDITION = "DependencyUnmet";

/** The conditions with what the dependencies say of them: that they go round in a circle, or can never be met. */
export function setDependencyConditions(
  conditions: readonly Condition[] | undefined,
  { cycle, unmet }: Pick<Verdict, "cycle" | "unmet">,
  observedGeneration: number | undefined,
): Condition[] {
  const set = (present: readonly Condition[] | undefined, type: string, why: Unmet | undefined) =>
    why
      ? setCondition(present, { type, status: "True", ...why, observedGeneration })
      : removeCondition(present, type);
  const circular = cycle === undefined ? undefined : { reason: "DependsOnItself", message: cycle };
  return set(set(conditions, CYCLE_CONDITION, circular), UNMET_CONDITION, unmet);
}

/** While a project starts, much is not there yet that will be in a moment. */
const PATIENCE_MS = 3_000;

interface Told {
  message: string;
  sinceMs: number;
  isTold: boolean;
}

/** Writes an Event about each dependency that has been one that can never be met for a while. */
export class UnmetTeller {
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Told>();

  constructor(recorder: Recorder, clock: Clock = systemClock) {
    this.#recorder = recorder;
    this.#clock = clock;
  }

  /** Call it in every reconcile. @returns in how many milliseconds to call it again, if it may be time then. */
  note(object: KubeObject, unmet: Unmet | undefined): number | undefined {
    const key = keyOf(nameOf(object));
    if (!unmet) return void this.#seen.delete(key);
    const before = this.#seen.get(key);
    const nowMs = this.#clock.now();
    const seen =
      before?.message === unmet.message ? before : { message: unmet.message, sinceMs: nowMs, isTold: false };
    this.#seen.set(key, seen);
    const leftMs = seen.sinceMs + PATIENCE_MS - nowMs;
    if (leftMs > 0 || seen.isTold) return seen.isTold ? undefined : leftMs;
    seen.isTold = true;
    const message = `waits for what will not come by itself: ${unmet.message}`;
    this.#recorder.event(object, "Warning", UNMET_CONDITION, message);
    return undefined;
  }

  forget(object: { namespace: string; name: string }): void {
    this.#seen.delete(keyOf(object));
  }
}
