import type { Cause } from "../../apis/v1alpha1/index.ts";
import { traceparentWithin } from "../runtime/index.ts";

/** The ids of a W3C trace context; undefined for what is none. */
export function idsOf(traceparent: string | undefined): { traceId: string; spanId: string } | undefined {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent ?? "") ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

/** Of a step within a trace: the same that a child process gets for it in its environment. */
export const spanIdWithin = (cause: Cause, step: string): string =>
  idsOf(traceparentWithin(cause.traceparent, step))?.spanId ?? "";

/** One cause has one time and one trace, however often it is copied. */
export const keyOfCause = ({ type, time, traceparent = "" }: Cause): string =>
  `${type} ${time} ${traceparent}`;

export const isSameCause = (a: Cause | undefined, b: Cause): boolean =>
  a !== undefined && keyOfCause(a) === keyOfCause(b);
