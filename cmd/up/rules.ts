import { durationOf } from "../../apis/duration.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { labelOf } from "../logs/owners.ts";
import { clockTime } from "../print/clock.ts";
import { causeText } from "../why/cause.ts";
import { statusOf, type Status } from "../why/story.ts";

/** What one line was told about a process already. */
interface Told {
  run: number | undefined;
  /** Of that run. */
  isReady: boolean;
  finishTime: string | undefined;
}

/** Finds in the changes of processes what deserves a line between their logs: a run that is ready, or that ended. */
export class RunRules {
  readonly #told = new Map<string, Told>();
  readonly #now: () => number;

  constructor(now = Date.now) {
    this.#now = now;
  }

  /** What has happened before we looked is not told. */
  skip(object: KubeObject): void {
    this.#told.set(keyOf(object), toldBy(statusOf(object)));
  }

  forget(object: KubeObject): void {
    this.#told.delete(keyOf(object));
  }

  /**
   * `api run 7 · src/a.ts saved · ready in 412 ms`; undefined if nothing new is to be told.
   *
   * @param isLate - It was so already when we began to look, so that nobody knows how long it took.
   */
  tell(object: KubeObject, isLate = false): string | undefined {
    const status = statusOf(object);
    if (status.run === undefined) return undefined;
    const before = this.#told.get(keyOf(object));
    const next = toldBy(status);
    this.#told.set(keyOf(object), next);
    const isNewRun = before?.run !== next.run;
    if (next.finishTime && (isNewRun || before?.finishTime !== next.finishTime)) {
      return this.#line(object, endOf(status));
    }
    if (!next.isReady || (before?.isReady && !isNewRun) || endsByItself(object)) return undefined;
    return this.#line(object, isLate ? "ready" : `ready in ${this.#sinceCause(status)}`);
  }

  #line(object: KubeObject, end: string): string {
    const { run, cause } = statusOf(object);
    const isBuild = object.kind === "DockerImage" || object.metadata.name === `${labelOf(object)}-build`;
    const role = isBuild ? "build" : "run";
    return [`${labelOf(object)} ${role} ${run}`, cause ? causeText(cause) : "", end]
      .filter(Boolean)
      .join(" · ");
  }

  /** A person waits from the save on, not from the start of the process. */
  #sinceCause({ cause, startTime }: Status): string {
    const isWaitedFor = cause?.type === "FileChange" || cause?.type === "Trigger";
    const since = Date.parse((isWaitedFor ? cause?.time : startTime) ?? startTime ?? "");
    return spaced(durationOf(Math.max(0, this.#now() - since)));
  }
}

/** Of a build one wants to know when it is done. */
const endsByItself = ({ spec }: KubeObject): boolean => {
  const { restartPolicy, daemon, readinessProbe } = (spec ?? {}) as Record<string, unknown>;
  return restartPolicy === "Never" && !daemon && !readinessProbe;
};

const keyOf = ({ metadata }: KubeObject): string => `${metadata.uid}`;

const toldBy = ({ run, ready, finishTime }: Status): Told => ({
  run,
  isReady: ready === true,
  finishTime,
});

function endOf({ startTime, finishTime, exitCode, signal, state, nextStartTime }: Status): string {
  const ms = Date.parse(finishTime ?? "") - Date.parse(startTime ?? "");
  const after = Number.isNaN(ms) ? "" : ` after ${spaced(durationOf(Math.max(0, ms)))}`;
  const next =
    state === "BackOff" && nextStartTime ? `, next start at ${clockTime(nextStartTime).slice(0, 8)}` : "";
  if (state === "Built") return `built${after}`;
  if (state === "Succeeded") return `done${after}`;
  if (signal) return `ended by ${signal}${after}${next}`;
  if (state === "Failed" && exitCode === undefined) return `failed${after}`;
  return exitCode === undefined ? `ended${after}${next}` : `exit ${exitCode}${after}${next}`;
}

/** `412 ms` */
const spaced = (duration: string): string => duration.replace(/^([\d.]+)(ms|s)$/, "$1 $2");
