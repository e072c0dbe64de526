import type { Kind } from "../../apis/kind.ts";
import type { Condition, KubeObject, NamespacedName } from "../../apis/meta.ts";
import { type Cause, type Dependency, KINDS } from "../../apis/v1alpha1/index.ts";
import { type Client, keyOf, nameOf } from "../../client/index.ts";
import { newTraceparent } from "./cause.ts";
import { findCondition } from "./conditions.ts";
import { type KindWatch } from "./controller.ts";
import { isLater } from "./triggers.ts";

/** On an object that waits for itself, by way of others. */
export const CYCLE_CONDITION = "DependencyCycle";

/** What the dependencies of an object say about it. */
export interface Verdict {
  /** Whom it waits for, and why: `waits for LocalProcess/db (Ready=False: tcp localhost:5432 refused)`. */
  waiting?: string;
  /** The way from the object back to itself: `LocalProcess/a → LocalProcess/b → LocalProcess/a`. */
  cycle?: string;
  /** It is to run again, for a dependency with `onChange: Restart` has. */
  cause?: Cause;
}

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
  if (dependencies.length === 0) return {};
  const cycle = await findCycle(client, object);
  if (cycle) return { cycle, waiting: `waits for itself: ${cycle}; remove one of these dependsOn` };
  const namespace = object.metadata.namespace ?? "";
  const found = await Promise.all(dependencies.map((dependency) => lookUp(client, namespace, dependency)));
  const obstacles = found.map(obstacleOf).filter((obstacle) => obstacle !== undefined);
  if (obstacles.length > 0) return { waiting: `waits for ${obstacles.join(", ")}` };
  return { cause: found.map((each) => restartBy(each, since)).find((cause) => cause !== undefined) };
}

interface Found {
  dependency: Dependency;
  kind?: Kind;
  object?: KubeObject;
}

async function lookUp(client: Client, namespace: string, dependency: Dependency): Promise<Found> {
  const kind = kindNamed(dependency.kind);
  if (!kind) return { dependency };
  const object = await client.get(kind, { namespace, name: dependency.name });
  return { dependency, kind, object: object as KubeObject | undefined };
}

/** Why a dependent must wait for it, if it must. */
function obstacleOf({ dependency, kind, object }: Found): string | undefined {
  const { condition: type } = dependency;
  const wait = (why: string) => `${refOf(dependency)} (${why})`;
  if (!kind) return wait(`no such kind; there are ${KINDS.map(({ kind }) => kind).join(", ")}`);
  if (!object) return wait("it does not exist");
  if (object.metadata.deletionTimestamp) return wait("it is being deleted");
  const condition = findCondition(statusOf(object).conditions, type);
  if ((object["spec"] as { disabled?: boolean } | undefined)?.disabled) return wait("it is disabled");
  if (!condition) return wait(`no condition ${type} yet`);
  if (isOutdated(object, condition)) return wait(`${type} is about its spec before the last change`);
  if (condition.status === "True") return undefined;
  return wait(`${type}=${condition.status}: ${condition.message || condition.reason}`);
}

function isOutdated(object: KubeObject, condition: Condition): boolean {
  const described = condition.observedGeneration ?? statusOf(object).observedGeneration;
  return described !== undefined && described < (object.metadata.generation ?? 0);
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
  const { startTime, build, serve, lastSyncTime, conditions } = statusOf(object);
  // What builds and serves has run again when its new server runs: not twice, and not before.
  const times = [startTime, serve?.startTime ?? build?.finishTime, lastSyncTime];
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0) return findCondition(conditions, condition)?.lastTransitionTime;
  return known.reduce((a, b) => (isLater(b, a) ? b : a));
}

/** The shortest way along `dependsOn` from an object back to itself. */
async function findCycle(client: Client, object: KubeObject): Promise<string | undefined> {
  const namespace = object.metadata.namespace ?? "";
  const home = refOf({ kind: object.kind, name: object.metadata.name });
  const seen = new Set<string>();
  let paths = [{ at: object as KubeObject | undefined, path: [home] }];
  while (paths.length > 0) {
    const steps = paths.flatMap(({ at, path }) => dependenciesOf(at).map((next) => ({ next, path })));
    const fresh = steps.filter(({ next }) => !seen.has(refOf(next)) && seen.add(refOf(next)));
    const closing = fresh.find(({ next }) => refOf(next) === home);
    if (closing) return [...closing.path, home].join(" → ");
    paths = await Promise.all(
      fresh.map(async ({ next, path }) => ({
        at: (await lookUp(client, namespace, next)).object,
        path: [...path, refOf(next)],
      })),
    );
  }
  return undefined;
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

interface AnyStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  cause?: Cause;
  startTime?: string;
  build?: { startTime?: string; finishTime?: string };
  serve?: { startTime?: string };
  lastSyncTime?: string;
}

const statusOf = (object: KubeObject): AnyStatus => object["status"] ?? {};

const dependenciesOf = (object: KubeObject | undefined): Dependency[] =>
  (object?.["spec"] as { dependsOn?: Dependency[] } | undefined)?.dependsOn ?? [];

const refOf = ({ kind, name }: Pick<Dependency, "kind" | "name">): string => `${kind}/${name}`;

const kindNamed = (name: string): Kind | undefined => KINDS.find(({ kind }) => kind === name);
