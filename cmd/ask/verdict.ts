import { TRIGGER_ANNOTATION, type Condition, type KubeObject } from "../../apis/meta.ts";
import type { Cause } from "../../apis/v1alpha1/index.ts";
import { isCommanded, isImage, isSending, isUndecided, runStatusOf, type RunStatus } from "./outcome.ts";

/** How a request was served. */
export interface Verdict {
  ok: boolean;
  text: string;
}

/**
 * What became of the request of this value; undefined while that is open.
 *
 * A job is done when it has ended; a server when it is ready.
 */
export function verdictOn(object: KubeObject, value: string): Verdict | undefined {
  const status = runStatusOf(object);
  if (status.observedTrigger !== value) return supersededBy(object, value);
  const { type, time } = causeOf(value);
  if (type === "Stop") return isQuiet(status) ? { ok: true, text: "is stopped" } : undefined;
  if (object.kind === "CFAppSync") return ofSync(object, type);
  if (object.kind === "K8sResource") return ofCluster(object, type);
  if (isImage(object)) return ofImage(status, type);
  if (type === "Cancel") return isBusy(status) ? undefined : { ok: true, text: "builds and runs nothing" };
  return object.kind === "LocalResource" ? ofResource(object, status, time) : ofProcess(object, status);
}

function supersededBy({ metadata }: KubeObject, value: string): Verdict | undefined {
  if (metadata.annotations?.[TRIGGER_ANNOTATION] === value) return undefined;
  return { ok: false, text: "was asked for something else meanwhile" };
}

const causeOf = (value: string): Pick<Cause, "type" | "time"> => JSON.parse(value) as Cause;

const isQuiet = ({ state = "", pid, serve }: RunStatus): boolean =>
  pid === undefined && serve?.pid === undefined && !["Building", "Starting", "Stopping"].includes(state);

const isBusy = ({ state = "" }: RunStatus): boolean =>
  ["Building", "Starting", "Running", "Stopping"].includes(state);

function ofResource(object: KubeObject, status: RunStatus, time: string): Verdict | undefined {
  const { build, serve, state, message = "" } = status;
  const { serveTemplate } = (object["spec"] ?? {}) as { serveTemplate?: object };
  const hasBuilt = build?.startTime !== undefined && !isBefore(build.startTime, time);
  if (hasBuilt && !build.finishTime) return undefined;
  if (hasBuilt && build.error) return { ok: false, text: `failed after ${build.duration}: ${build.error}` };
  if (!serveTemplate) return { ok: true, text: `was built in ${build?.duration ?? "no time"}` };
  if (serve?.startTime === undefined || isBefore(serve.startTime, time)) return undefined;
  if (state === "Failed") return { ok: false, text: `failed: ${message}` };
  return isReady(object) ? { ok: true, text: "is ready" } : undefined;
}

/** While it waits for its turn or its base, that is open. */
function ofImage(
  { state = "", error, duration = "no time" }: RunStatus,
  type: Cause["type"],
): Verdict | undefined {
  if (["Waiting", "Building", "Pushing"].includes(state)) return undefined;
  if (type === "Cancel") return { ok: true, text: "builds nothing" };
  return error === undefined
    ? { ok: true, text: `was built in ${duration}` }
    : { ok: false, text: `failed: ${error}` };
}

function ofSync(object: KubeObject, type: Cause["type"]): Verdict | undefined {
  if (type === "Cancel") return isSending(object) ? undefined : { ok: true, text: "sends nothing" };
  if (isReady(object)) return { ok: true, text: "is ready" };
  const { state, message = messageOf(object) } = runStatusOf(object);
  return isUndecided(object) ? undefined : { ok: false, text: `failed: ${message || state}` };
}

/** Pods that only take their time are waited for. */
const TAKES_TIME = ["Applying", "NoPods", "PodsNotReady", "PodsUnknown"];

function ofCluster(object: KubeObject, type: Cause["type"]): Verdict | undefined {
  if (type === "Cancel") return isCommanded(object) ? undefined : { ok: true, text: "runs no command" };
  if (isReady(object)) return { ok: true, text: "is applied and ready" };
  const { reason = "Applying", message = "" } = readyOf(object) ?? {};
  return TAKES_TIME.includes(reason) ? undefined : { ok: false, text: `failed: ${message}` };
}

function ofProcess(object: KubeObject, status: RunStatus): Verdict | undefined {
  const { state, message = "" } = status;
  if (state === "Succeeded") return { ok: true, text: "has ended well" };
  if (state === "Failed" || state === "BackOff") return { ok: false, text: `failed: ${message}` };
  return isServer(object) && isReady(object) ? { ok: true, text: "is ready" } : undefined;
}

function isServer(object: KubeObject): boolean {
  const { daemon, restartPolicy, readinessProbe } = (object["spec"] ?? {}) as Record<string, unknown>;
  return Boolean(daemon) || restartPolicy === "Always" || readinessProbe !== undefined;
}

const isReady = (object: KubeObject): boolean => readyOf(object)?.status === "True";
const messageOf = (object: KubeObject): string | undefined => readyOf(object)?.message;

function readyOf({ status }: KubeObject): Condition | undefined {
  const { conditions = [] } = (status ?? {}) as { conditions?: Condition[] };
  return conditions.find(({ type }) => type === "Ready");
}

const isBefore = (a: string, b: string): boolean => Date.parse(a) < Date.parse(b);
