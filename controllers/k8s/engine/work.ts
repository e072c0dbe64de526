import { isDeepStrictEqual } from "node:util";
import type { K8sResource } from "../../../apis/v1alpha1/index.ts";
import type { LogSink } from "../logs/sink.ts";
import { type Owner, ownerFor } from "../manifests/index.ts";
import { Bell } from "../../runtime/index.ts";
import { interrupted } from "../problem.ts";
import { type Aspect, type Facts, type Observation, observationOf, type Verdict } from "./observation.ts";

export type Tell = (type: "Normal" | "Warning", reason: string, message: string) => void;

export interface WorkOptions {
  /** Writes an Event. */
  readonly tell: Tell;
  readonly log: LogSink;
  /** Something of the observation is new. */
  readonly onSeen: () => void;
}

/** All that the steps of an engine share: what is known, and who is told. */
export class Work {
  readonly tell: Tell;
  readonly log: LogSink;
  /** Whose all is that is applied for it. */
  readonly owner: Owner;
  /** Name of the object, as commands take it. */
  readonly name: string;
  readonly bell = new Bell();
  readonly #onSeen: () => void;
  /** Counts what was seen, to tell what of it has been written down. */
  #seen = 0;
  #written = 0;
  #waiting: (() => void)[] = [];
  observation: Observation;

  constructor(object: K8sResource, { tell, log, onSeen }: WorkOptions) {
    this.observation = observationOf(object);
    this.tell = tell;
    this.log = log;
    this.owner = ownerFor(object);
    const { namespace = "default", name } = object.metadata;
    this.name = namespace === "default" ? name : `${name} -n ${namespace}`;
    this.#onSeen = onSeen;
  }

  get facts(): Facts {
    return this.observation.facts;
  }

  /** Which state of knowledge this is; see {@link wrote}. */
  get seen(): number {
    return this.#seen;
  }

  /** What is seen once more is nothing new, and wakes nobody. */
  see(facts: Partial<Facts>): void {
    const before: Partial<Facts> = this.facts;
    const isNew = (name: string) =>
      !isDeepStrictEqual(facts[name as keyof Facts], before[name as keyof Facts]);
    if (!Object.keys(facts).some(isNew)) return;
    this.#replace({ facts: { ...this.facts, ...facts } });
  }

  enter(state: Observation["state"], message?: string): void {
    if (this.observation.state === state && this.observation.message === message) return;
    this.#replace({ state, message });
  }

  judge(aspect: Aspect, verdict: Verdict | undefined): void {
    const { [aspect]: before, ...others } = this.observation.verdicts;
    if (isDeepStrictEqual(before, verdict)) return;
    this.#replace({ verdicts: verdict ? { ...others, [aspect]: verdict } : others });
  }

  /** The status says what was known at `seen`. */
  wrote(seen: number): void {
    this.#written = Math.max(this.#written, seen);
    for (const check of this.#waiting.splice(0)) check();
  }

  /** Resolves when the status says what is known now: only then may be done what it announces. @throws Problem */
  async written(signal: AbortSignal): Promise<void> {
    const wanted = this.#seen;
    while (this.#written < wanted && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    if (signal.aborted) throw interrupted();
  }

  #replace(change: Partial<Observation>): void {
    this.observation = { ...this.observation, ...change };
    this.#seen++;
    this.#onSeen();
  }
}
