import type { Condition, KubeObject } from "../../apis/meta.ts";
import { childNameOf } from "../../apis/v1alpha1/index.ts";
import { isOwned, isRunnable, keyOf, refOfKey } from "../graph/model.ts";
import { jobSeen, serverSeen, type Look } from "./process.ts";
import { msBetween, type ProcessStatus, type Target } from "./target.ts";

export interface Scene {
  objects: readonly KubeObject[];
  nowMs: number;
  /** Whether a server counts that is not ready, by the name of its object. */
  ignoresReadiness: (name: string) => boolean;
}

interface Spec {
  disabled?: boolean;
  initialRun?: boolean;
  daemon?: boolean;
  restartPolicy?: string;
  readinessProbe?: object;
  buildTemplate?: object;
  serveTemplate?: { readinessProbe?: object };
}

interface Build {
  startTime?: string;
  finishTime?: string;
  error?: string;
}

interface Status extends ProcessStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  cause?: object;
  run?: number;
  build?: Build;
  serve?: ProcessStatus;
  pending?: { count: number };
}

const specOf = ({ spec }: KubeObject): Spec => spec ?? {};
const statusOf = ({ status }: KubeObject): Status => status ?? {};

/** Everything that has to go well. A FileWatch waits for what may never come, and so is none. */
export function targetsOf(scene: Scene): Target[] {
  return scene.objects
    .filter((object) => isRunnable(object) && !isOwned(object) && object.kind !== "FileWatch")
    .flatMap((object) => targetsIn(object, scene));
}

function targetsIn(object: KubeObject, scene: Scene): Target[] {
  const { name, generation = 0 } = object.metadata;
  const base = { key: keyOf(object), name, role: roleOf(object) };
  const { observedGeneration = 0 } = statusOf(object);
  if (specOf(object).disabled) return [{ ...base, state: "disabled", message: "disabled" }];
  if (observedGeneration < generation && object.kind in OURS) {
    return [{ ...base, state: "waiting", message: "nobody has looked at it yet" }];
  }
  if (object.kind === "LocalProcess") return [{ ...base, ...processSeen(object, scene) }];
  if (object.kind === "LocalResource") return resourceTargets(object, scene);
  return [{ ...base, ...anySeen(object, scene) }];
}

/** Kinds that have a controller. */
const OURS = { LocalProcess: 1, LocalResource: 1 };

function roleOf(object: KubeObject): Target["role"] {
  const { daemon, restartPolicy, readinessProbe, buildTemplate, serveTemplate } = specOf(object);
  if (object.kind === "LocalResource") return serveTemplate ? "server" : buildTemplate ? "build" : "object";
  if (object.kind !== "LocalProcess") return "object";
  return (restartPolicy ? restartPolicy === "Always" : daemon) || readinessProbe ? "server" : "job";
}

function processSeen(object: KubeObject, scene: Scene): Pick<Target, "state" | "message"> {
  const { run, message } = statusOf(object);
  if (specOf(object).initialRun === false && run === undefined) {
    return { state: "idle", message: message ?? "runs when triggered" };
  }
  const hasProbe = specOf(object).readinessProbe !== undefined;
  return roleOf(object) === "job"
    ? jobSeen(statusOf(object))
    : serverSeen(statusOf(object), lookAt(object, scene, hasProbe));
}

const lookAt = ({ metadata }: KubeObject, { ignoresReadiness, nowMs }: Scene, hasProbe: boolean): Look => ({
  hasProbe,
  ignoresReadiness: ignoresReadiness(metadata.name),
  nowMs,
});

function resourceTargets(object: KubeObject, scene: Scene): Target[] {
  const { name } = object.metadata;
  const { initialRun, buildTemplate, serveTemplate } = specOf(object);
  const { cause, message } = statusOf(object);
  const key = keyOf(object);
  if (initialRun === false && !cause) {
    return [{ key, name, role: roleOf(object), state: "idle", message: message ?? "runs when triggered" }];
  }
  const build: Target[] = buildTemplate
    ? [{ key, name: `${name}:build`, role: "build", ...buildSeen(statusOf(object)) }]
    : [];
  const serve: Target[] = serveTemplate
    ? [{ key, name: `${name}:serve`, role: "server", ...serveSeen(object, scene, build[0]) }]
    : [];
  return [...build, ...serve];
}

function buildSeen({
  build,
  state,
  message,
  pending,
}: Status): Pick<Target, "state" | "message" | "details"> {
  const waiting = { state: "waiting" as const, message: message ?? "waits for its turn" };
  if (!build?.startTime) return waiting;
  if (!build.finishTime) return { state: "active", message: "the build runs" };
  if (state === "Pending" || (pending && state === "Waiting")) return waiting;
  const durationMs = msBetween(build.startTime, build.finishTime);
  const took = durationMs === undefined ? {} : { durationMs };
  if (build.error === undefined) return { state: "good", message: "built", ...took };
  const [first = "", ...details] = build.error.split("\n");
  return { state: "failed", message: first, details, ...took };
}

function serveSeen(object: KubeObject, scene: Scene, build: Target | undefined) {
  if (build && build.state !== "good") return { state: "waiting" as const, message: "waits for its build" };
  const { serve = {}, message, state } = statusOf(object);
  const child = statusOf(childOf(object, scene) ?? ({} as KubeObject));
  // What the resource waits for says more than that its process was not started.
  const own = state === "Waiting" || state === "Starting" ? message : undefined;
  const seen: ProcessStatus = { ...serve, ...endIn(child), message: own ?? child.message };
  const hasProbe = specOf(object).serveTemplate?.readinessProbe !== undefined;
  return serverSeen(seen, lookAt(object, scene, hasProbe));
}

const endIn = ({ finishTime, exitCode, signal }: ProcessStatus): ProcessStatus => ({
  finishTime,
  exitCode,
  signal,
});

const childOf = ({ metadata }: KubeObject, { objects }: Scene): KubeObject | undefined =>
  objects.find(
    (other) =>
      other.kind === "LocalProcess" &&
      other.metadata.name === childNameOf(metadata.name, "serve") &&
      other.metadata.namespace === metadata.namespace,
  );

/** What a build has just made has to be noticed. */
const NOTICE_MS = 5_000;

/** Any other kind of ours: its condition says it. */
function anySeen(
  object: KubeObject,
  scene: Scene,
): Pick<Target, "state" | "message"> & { patienceMs?: number } {
  const { conditions, state, message } = statusOf(object);
  const ready = conditions?.find(({ type }) => type === "Ready");
  if (ready?.status === "True") return { state: "good", message: "ready" };
  if (state === "Failed") return { state: "failed", message: message ?? ready?.message ?? "failed" };
  if (state === "Blocked" && !isMaking(scene))
    return { state: "failed", message: firstLine(message || ready?.message || state), patienceMs: NOTICE_MS };
  return {
    state: "unready",
    message: ready?.message || ready?.reason || `nothing acts on ${refOfKey(keyOf(object))}`,
  };
}

const firstLine = (text: string): string => text.split("\n", 1)[0]!;

/** Whether a build or a job is still to end: what it makes may be what somebody lacks. */
const isMaking = (scene: Scene): boolean =>
  scene.objects
    .filter((object) => object.kind in OURS && !isOwned(object))
    .flatMap((object) => targetsIn(object, scene))
    .some(({ role, state }) => ["build", "job"].includes(role) && ["active", "waiting"].includes(state));
