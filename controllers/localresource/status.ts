import type { Condition } from "../../apis/meta.ts";
import type { LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import {
  type ImagesVerdict,
  removeCondition,
  setCondition,
  setDependencyConditions,
  type Verdict as Dependencies,
} from "../runtime/index.ts";
import { hasBuild, isBuilding, type Status } from "./build.ts";
import { filesText, type PendingChanges } from "./changes.ts";
import { isActive } from "./child.ts";
import { imagesOpinion } from "./images.ts";

export interface Seen {
  status: Status;
  pending: PendingChanges;
  serve?: LocalProcess;
  /** What a run that is due waits for: `waits for …`. */
  obstacle?: string;
  /** What its images say. */
  images?: ImagesVerdict;
  /** What its dependencies say. */
  dependencies?: Dependencies;
}

type Verdict = Pick<Condition, "status" | "reason" | "message">;

/** The whole status, derived from what was seen. */
export function statusOf(resource: LocalResource, seen: Seen): Status {
  const { pending } = seen;
  const { pending: _, message: __, ...rest } = seen.status;
  const status: Status = { ...rest, ...serveStatus(resource, seen) };
  const { state, message } = stateOf(resource, seen);
  return {
    ...status,
    state,
    ...(message && { message }),
    ...(pending.count > 0 && { pending: { count: pending.count, files: pending.files } }),
    conditions: conditionsOf(resource, { ...seen, status }),
  };
}

function serveStatus(resource: LocalResource, { serve, status }: Seen): Pick<Status, "serve"> {
  if (!resource.spec.serveTemplate) return { serve: undefined };
  const { state, ready, pid, startTime, restarts } = serve?.status ?? {};
  return { serve: { state, ready, pid, startTime, restarts, cause: status.serve?.cause } };
}

function stateOf(
  resource: LocalResource,
  seen: Seen,
): { state: NonNullable<Status["state"]>; message?: string } {
  const { status, serve, pending, obstacle } = seen;
  if (resource.spec.disabled) return { state: "Disabled" };
  if (status.stopped) return { state: "Idle", message: stoppedText(resource, seen) };
  if (isBuilding(status))
    return { state: "Building", message: pending.count ? "one more build is queued" : undefined };
  if (obstacle) return { state: "Waiting", message: obstacle };
  if (pending.count > 0) {
    return {
      state: "Pending",
      message: `${filesText(pending)}; run it with: tiltish trigger ${resource.metadata.name}`,
    };
  }
  if (status.build?.error) return { state: "Failed", message: failureText(status.build.error) };
  if (!status.cause)
    return { state: "Idle", message: `never run; run it with: tiltish trigger ${resource.metadata.name}` };
  if (!resource.spec.serveTemplate) return { state: "Succeeded" };
  return serveState(serve);
}

/** Stopped is what has ended, and not what was told to. */
function stoppedText({ metadata }: LocalResource, { status, serve }: Seen): string {
  if (isBuilding(status) || (serve && isActive(serve))) return "stopping";
  return `stopped by hand; tiltish start ${metadata.name} runs it again`;
}

const failureText = (error: string): string =>
  isCanceled(error) ? `build ${firstLine(error)}` : `build failed: ${firstLine(error)}`;

const isCanceled = (error: string): boolean => error.startsWith("canceled");

function serveState(serve: LocalProcess | undefined): {
  state: NonNullable<Status["state"]>;
  message?: string;
} {
  const { state, message } = serve?.status ?? {};
  if (state === "Running") return { state: "Serving" };
  if (state === "Failed" || state === "BackOff")
    return { state: "Failed", message: message ?? "the server has exited" };
  if (state === "Succeeded") return { state: "Succeeded" };
  return { state: "Starting", message };
}

function conditionsOf(resource: LocalResource, seen: Seen): Condition[] {
  const { serveTemplate, disabled } = resource.spec;
  const set = (conditions: Condition[] | undefined, type: string, verdict: Verdict | undefined) =>
    verdict
      ? setCondition(conditions, { type, ...verdict, observedGeneration: resource.metadata.generation })
      : removeCondition(conditions, type);
  const built = hasBuild(resource) ? buildVerdict(seen) : undefined;
  const serving = serveTemplate && (disabled ? DISABLED : servingVerdict(seen));
  let conditions = set(resource.status?.conditions, "BuildSucceeded", built);
  conditions = set(conditions, "Serving", serving);
  conditions = set(conditions, "ImagesReady", seen.images && imagesOpinion(resource, seen.images));
  conditions = setDependencyConditions(conditions, seen.dependencies ?? {}, resource.metadata.generation);
  return set(conditions, "Ready", disabled ? DISABLED : readyVerdict(seen, built, serving));
}

const DISABLED: Verdict = { status: "False", reason: "Disabled", message: "spec.disabled is set" };

const STOPPED: Verdict = { status: "False", reason: "Stopped", message: "stopped by hand" };

/** It has done all that it was to do, and was not to be run again. */
const COMPLETED: Verdict = { status: "True", reason: "Completed", message: "the server has ended well" };

function buildVerdict({ status }: Seen): Verdict {
  const last = isBuilding(status) ? status.buildHistory?.[0] : status.build;
  if (!last?.finishTime) {
    return isBuilding(status)
      ? { status: "Unknown", reason: "Building", message: "the first build runs" }
      : { status: "Unknown", reason: "NotBuilt", message: "it was never built" };
  }
  if (last.error) {
    const reason = isCanceled(last.error) ? "BuildCanceled" : "BuildFailed";
    return { status: "False", reason, message: firstLine(last.error) };
  }
  return { status: "True", reason: "BuildSucceeded", message: `built in ${last.duration}` };
}

function servingVerdict({ serve, status: { stopped } }: Seen): Verdict {
  const { state = "Waiting", ready, message } = serve?.status ?? {};
  if (stopped && state !== "Running") return { ...STOPPED, message: stopped.message ?? STOPPED.message };
  if (state === "Running") {
    return ready
      ? { status: "True", reason: "Serving", message: "the server runs and is ready" }
      : { status: "False", reason: "NotReady", message: message ?? "the server runs and is not ready yet" };
  }
  return { status: "False", reason: state, message: message ?? "the server does not run" };
}

function readyVerdict(seen: Seen, built?: Verdict, serving?: Verdict): Verdict {
  const { status, obstacle } = seen;
  if (status.stopped) return STOPPED;
  if (!status.cause) return { status: "False", reason: "NeverRun", message: obstacle ?? "it never ran" };
  const served = seen.serve?.status?.state === "Succeeded" ? COMPLETED : serving;
  const lacking = [built, serving && served].find((verdict) => verdict && verdict.status !== "True");
  if (lacking) return { ...lacking, status: "False" };
  return (
    (serving && served) ??
    built ?? { status: "True", reason: "NothingToRun", message: "it has neither build nor server" }
  );
}

export const firstLine = (text: string): string => text.split("\n", 1)[0]!;
