import type { KubeObject, NamespacedName } from "../../apis/meta.ts";
import { type Cause, KINDS } from "../../apis/v1alpha1/index.ts";
import { type Client, keyOf, nameOf } from "../../client/index.ts";
import { newTraceparent } from "./cause.ts";
import { type KindWatch } from "./controller.ts";
import { findCycle } from "./cycles.ts";
import { imageRefsOf } from "./images.ts";
import { dependenciesOf, type Found, lookUp, refOf, statusOf } from "./dependency.ts";
import { conditionOf } from "./dependencyconditions.ts";
import { type Obstacle, obstacleOf, withLastLine } from "./obstacles.ts";
import { isLater } from "./triggers.ts";

/** What the dependencies of an object say about it. */
export interface Verdict {
  /** Whom it waits for, and why: `waits for LocalProcess/db (not ready since 13:04:05: tcp 5432 refused)`. */
  waiting?: string;
  /** The same, with the last line that those wrote. It is for the status, and not for Events: output may hold anything. */
  detail?: string;
  /** Why it will wait for ever, unless somebody does something about it. */
  unmet?: Unmet;
  /** The way from the object back to itself: `LocalProcess/a → LocalProcess/b → LocalProcess/a`. */
  cycle?: string;
  /** It is to run again, for a dependency with `onChange: Restart` has. */
  cause?: Cause;
}

export type Unmet = { reason: string; message: string };

/**
 * Looks at the dependencies of an object.
 *
 * @param since - When the object itself ran last; what has run later makes it run again.
 */
export async function evaluateDependencies(
  client: Client,
  object: KubeObject,
  since?: string,
): Promise<Verdict> {
  const dependencies = dependenciesOf(object);
  if (dependencies.length === 0 && imageRefsOf(object).length === 0) return {};
  const cycle = await findCycle(client, object);
  if (cycle)
    return { cycle, waiting: `waits for itself: ${cycle}; remove one of these dependsOn or imageRefs` };
  const namespace = object.metadata.namespace ?? "";
  const found = await Promise.all(dependencies.map((dependency) => lookUp(client, namespace, dependency)));
  const obstacles = await Promise.all(found.map((each) => obstacleOf(client, namespace, each)));
  const present = obstacles.filter((obstacle) => obstacle !== undefined);
  if (present.length > 0) return waitingFor(client, present);
  return { cause: found.map((each) => restartBy(each, since)).find((cause) => cause !== undefined) };
}

const textOf = (texts: readonly string[]): string => `waits for ${texts.join(", ")}`;

async function waitingFor(client: Client, obstacles: readonly Obstacle[]): Promise<Verdict> {
  const waiting = textOf(obstacles.map(({ text }) => text));
  const detail = textOf(await Promise.all(obstacles.map((obstacle) => withLastLine(client, obstacle))));
  const unmet = obstacles.find((obstacle) => obstacle.unmet)?.unmet;
  return { waiting, ...(detail !== waiting && { detail }), ...(unmet && { unmet }) };
}

/** The condition holds: whether the dependency has run since. */
function restartBy({ dependency, object }: Found, since: string | undefined): Cause | undefined {
  const time = object && lastRunOf(object, dependency.condition);
  if (dependency.onChange !== "Restart" || since === undefined || !time || !isLater(time, since)) {
    return undefined;
  }
  const { files, fileCount, traceparent = newTraceparent() } = statusOf(object).cause ?? {};
  return {
    type: "Dependency",
    object: refOf(dependency),
    message: `${refOf(dependency)} ran again`,
    ...(files && { files, fileCount }),
    time,
    traceparent,
  };
}

/** When an object ran last. Kinds say it in different fields; the condition is the last resort. */
function lastRunOf(object: KubeObject, condition: string): string | undefined {
  const { startTime, build, serve, lastSyncTime } = statusOf(object);
  // What builds and serves has run again when its new server runs: not twice, and not before.
  const times = [startTime, serve?.startTime ?? build?.finishTime, lastSyncTime];
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0) return conditionOf(object, condition)?.lastTransitionTime;
  return known.reduce((a, b) => (isLater(b, a) ? b : a));
}

/** Remembers who depends on whom, so that a change of one wakes the other. */
export class Dependents {
  readonly #wanted = new Map<string, { name: NamespacedName; refs: Set<string> }>();

  /** Call it in every reconcile. */
  note(object: KubeObject): void {
    const refs = new Set(dependenciesOf(object).map(refOf));
    if (refs.size === 0) this.forget(nameOf(object));
    else this.#wanted.set(keyOf(nameOf(object)), { name: nameOf(object), refs });
  }

  forget(name: NamespacedName): void {
    this.#wanted.delete(keyOf(name));
  }

  /** Those who depend on this object. */
  of(object: KubeObject): NamespacedName[] {
    const ref = refOf({ kind: object.kind, name: object.metadata.name });
    return [...this.#wanted.values()]
      .filter(({ name, refs }) => name.namespace === (object.metadata.namespace ?? "") && refs.has(ref))
      .map(({ name }) => name);
  }

  /** For the `watches` of a controller: every kind can be depended on. */
  get watches(): KindWatch[] {
    return KINDS.map((kind) => ({ kind, requests: (object) => this.of(object) }));
  }
}
