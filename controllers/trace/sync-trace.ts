import { millisecondsOf } from "../../apis/duration.ts";
import type { Cause, CFAppSync } from "../../apis/v1alpha1/index.ts";
import { isLater } from "../runtime/index.ts";
import { type Observed, type Part, step, traceOf } from "./build-trace.ts";
import { idsOf } from "./context.ts";
import type { Outcome, Trace, TraceStep } from "./trace.ts";

type Status = NonNullable<CFAppSync["status"]>;

/** What a sync has done for its present cause; undefined if that is nothing yet, or its cause belongs to no trace. */
export function traceOfSync(sync: CFAppSync, observed: Observed): Trace | undefined {
  const { cause } = sync.status ?? {};
  if (!cause || !idsOf(cause.traceparent)) return undefined;
  const part = deployPart(sync, cause) ?? setPart(sync, cause);
  return part && traceOf(sync, cause, observed, part);
}

/** Each step begins where the one before has ended; what comes back over the network belongs to the last one. */
const STEPS = ["scan", "send", "apply", "restart", "ready"] as const;

function setPart({ metadata, status = {} }: CFAppSync, cause: Cause): Part | undefined {
  const { finishTime, durations = {} } = status.lastSync ?? {};
  const self = `CFAppSync/${metadata.name}`;
  const totalMs = msOf(durations["total"]);
  const startMs = Date.parse(finishTime ?? "") - totalMs;
  // What ended before the cause, another one was the cause of.
  if (finishTime === undefined || !isLater(finishTime, cause.time))
    return isUnderWay(status) ? { steps: [], outcome: "running" } : undefined;
  const startTime = microOf(startMs);
  const isWaited = isLater(startTime, cause.time);
  const steps = isWaited
    ? [step(cause, "queue", { object: self, startTime: cause.time, endTime: startTime })]
    : [];
  const known = STEPS.filter((name) => durations[name] !== undefined);
  let atMs = isWaited ? startMs : Date.parse(cause.time);
  for (const name of known) {
    const endMs = atMs + msOf(durations[name]);
    const isLast = name === known.at(-1);
    const endTime = isLast ? finishTime : earlier(microOf(endMs), finishTime);
    steps.push(step(cause, name, { object: self, startTime: earlier(microOf(atMs), finishTime), endTime }));
    atMs = endMs;
  }
  return ended(status, { steps, endTime: finishTime, isRestarted: durations["restart"] !== undefined });
}

/** How the app took it is the last thing that is known of it. */
function ended(
  { conditions = [] }: Status,
  { steps, endTime, isRestarted }: { steps: TraceStep[]; endTime: string; isRestarted: boolean },
): Part {
  const running = conditions.find(({ type }) => type === "Running");
  // Who was not restarted may have crashed before.
  const isOfBefore = running?.reason === "Restarting" || (running?.reason === "Crashed" && !isRestarted);
  const hasFailed = running?.status === "False" && !isOfBefore;
  if (!hasFailed)
    return { steps, endTime, outcome: isRestarted && running?.status === "True" ? "ready" : "done" };
  const [error = ""] = running.message.split("\n");
  return { steps: [...steps.slice(0, -1), { ...steps.at(-1)!, error }], endTime, outcome: "failed" };
}

function deployPart({ metadata, status }: CFAppSync, cause: Cause): Part | undefined {
  const { startTime, finishTime, error, steps = [] } = status?.lastDeploy ?? {};
  if (startTime === undefined || !isLater(startTime, cause.time)) return undefined;
  const object = `CFAppSync/${metadata.name}`;
  const queue = step(cause, "queue", { object, startTime: cause.time, endTime: startTime });
  const done = steps.map(({ name, startTime: begun = startTime, duration }) =>
    step(cause, name, {
      object,
      startTime: begun,
      ...(duration !== undefined && { endTime: microOf(Date.parse(begun) + msOf(duration)) }),
    }),
  );
  const outcome: Outcome = finishTime === undefined ? "running" : error === undefined ? "done" : "failed";
  const [first] = (error ?? "").split("\n");
  const last = done.at(-1);
  const all = error !== undefined && last ? [...done.slice(0, -1), { ...last, error: first }] : done;
  return { steps: [queue, ...all], outcome, endTime: finishTime };
}

const isUnderWay = ({ state }: Status): boolean => state === "Syncing" || state === "Restarting";

const msOf = (duration: string | undefined): number => millisecondsOf(duration ?? "0s") ?? 0;

const microOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000Z`;

const earlier = (a: string, b: string): string => (isLater(a, b) ? b : a);
