import type { Cause, LocalProcess, LocalResource } from "../../apis/v1alpha1/index.ts";
import { childNameOf } from "../../apis/v1alpha1/index.ts";
import { isLater } from "../runtime/index.ts";
import { idsOf, isSameCause, spanIdWithin } from "./context.ts";
import type { Outcome, Trace, TraceStep } from "./trace.ts";

/** What no object says, or not exactly enough. */
export interface Observed {
  /** When the newest of the files was written. */
  savedTime?: string | undefined;
  /** When the process of this run was seen to run, and to be ready. */
  runningTime?: string | undefined;
  readyTime?: string | undefined;
}

/** What was done for a cause, and how it ended. */
export type Part = Pick<Trace, "steps" | "outcome"> & { endTime?: string | undefined };

/** What a resource has done for its present cause; undefined if it has not run, or its cause belongs to no trace. */
export function traceOfResource(
  resource: LocalResource,
  serve: LocalProcess | undefined,
  observed: Observed,
): Trace | undefined {
  const { cause, build } = resource.status ?? {};
  if (!cause || !idsOf(cause.traceparent)) return undefined;
  const builds = build && isSameCause(build.cause, cause) ? buildPart(resource, cause) : undefined;
  if (builds && (builds.outcome !== "done" || !resource.spec.serveTemplate))
    return traceOf(resource, cause, observed, builds);
  if (!resource.spec.serveTemplate) return undefined;
  const serves = servePart(
    { cause, step: `${resource.metadata.name} serve`, process: serve, after: builds?.endTime ?? cause.time },
    observed,
  );
  return traceOf(resource, cause, observed, {
    ...serves,
    steps: [...(builds?.steps ?? []), ...serves.steps],
  });
}

/** The same for a process that belongs to no resource. */
export function traceOfProcess(process: LocalProcess, observed: Observed): Trace | undefined {
  const { cause } = process.status ?? {};
  if (!cause || !idsOf(cause.traceparent)) return undefined;
  return traceOf(
    process,
    cause,
    observed,
    servePart({ cause, step: process.metadata.name, process, after: cause.time }, observed),
  );
}

type Named = Pick<LocalResource, "metadata"> & { readonly kind: string };

// oxlint-disable-next-line eslint/max-params -- the object, why it ran, and the two halves of what is known of it
export function traceOf(object: Named, cause: Cause, { savedTime }: Observed, part: Part): Trace {
  const { traceId, spanId } = idsOf(cause.traceparent)!;
  const startTime = savedTime ?? cause.time;
  const by = cause.object ?? `${object.kind}/${object.metadata.name}`;
  const isOver = part.outcome !== "running";
  const endTime = isOver ? (part.endTime ?? startTime) : undefined;
  const root: TraceStep = {
    name: rootNameOf(cause),
    object: by,
    spanId,
    startTime,
    ...(endTime && { endTime }),
  };
  const debounce = savedTime
    ? [step(cause, "debounce", { object: by, startTime: savedTime, endTime: cause.time })]
    : [];
  return {
    traceId,
    namespace: object.metadata.namespace ?? "",
    object: `${object.kind}/${object.metadata.name}`,
    type: cause.type,
    why: cause.message ?? cause.type,
    outcome: part.outcome,
    startTime,
    ...(endTime && { endTime }),
    steps: [root, ...debounce, ...part.steps],
  };
}

const rootNameOf = ({ type }: Cause): string => (type === "FileChange" ? "save" : type.toLowerCase());

function buildPart({ metadata, status }: LocalResource, cause: Cause): Part {
  const { startTime = cause.time, finishTime, error } = status!.build!;
  const object = `LocalProcess/${childNameOf(metadata.name, "build")}`;
  const self = `LocalResource/${metadata.name}`;
  const queue = isLater(startTime, cause.time)
    ? [step(cause, "queue", { object: self, startTime: cause.time, endTime: startTime })]
    : [];
  const [firstLine] = (error ?? "").split("\n");
  const build = step(cause, "build", {
    object,
    startTime,
    spanId: spanIdWithin(cause, `${metadata.name} build`),
    ...(finishTime && { endTime: finishTime }),
    ...(error !== undefined && { error: firstLine }),
  });
  const outcome: Outcome = finishTime === undefined ? "running" : error === undefined ? "done" : "failed";
  return { steps: [...queue, build], outcome, endTime: finishTime };
}

interface Serving {
  cause: Cause;
  /** What its span is made from. */
  step: string;
  process: LocalProcess | undefined;
  /** From when on it could start. */
  after: string;
}

function servePart(
  { cause, step: name, process, after }: Serving,
  { runningTime, readyTime }: Observed,
): Part {
  const { status, metadata } = process ?? {};
  const { startTime, previousRun, state, finishTime, message } = status ?? {};
  const object = `LocalProcess/${metadata?.name ?? name.replace(" ", "-")}`;
  // Whatever ran before that is what is being replaced.
  if (startTime === undefined || isLater(after, startTime)) return { steps: [], outcome: "running" };
  const stopped = previousRun?.finishTime;
  const stop =
    stopped !== undefined && isLater(stopped, after)
      ? [step(cause, "stop", { object, startTime: after, endTime: stopped })]
      : [];
  const begun = stop.length > 0 ? stopped! : after;
  const spanId = spanIdWithin(cause, name);
  const failed = state === "Failed" || state === "BackOff";
  const error = failed ? (message ?? "failed") : undefined;
  const running = runningTime ?? (state === "Starting" ? undefined : startTime);
  const start = step(cause, "start", {
    object,
    startTime: begun,
    spanId,
    ...(running && { endTime: running }),
    ...(error && !running && { error }),
  });
  const isOver = failed || state === "Succeeded" || readyTime !== undefined;
  const endTime = readyTime ?? (isOver ? finishTime : undefined);
  const ready = running
    ? [
        step(cause, "ready", {
          object,
          startTime: running,
          ...(endTime && { endTime }),
          ...(error && { error }),
        }),
      ]
    : [];
  const outcome: Outcome = failed
    ? "failed"
    : readyTime
      ? "ready"
      : state === "Succeeded"
        ? "done"
        : "running";
  return { steps: [...stop, start, ...ready], outcome, endTime: endTime ?? running };
}

type StepInput = Omit<TraceStep, "name" | "spanId"> & { spanId?: string };

/** All hang on the cause: that is what the steps of several resources have in common. */
export const step = (cause: Cause, name: string, { spanId, ...rest }: StepInput): TraceStep => ({
  name,
  spanId: spanId ?? spanIdWithin(cause, `${rest.object} ${name}`),
  parentId: idsOf(cause.traceparent)!.spanId,
  ...rest,
});
