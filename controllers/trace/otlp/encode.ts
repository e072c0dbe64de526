import type { Trace, TraceStep } from "../trace.ts";

/** One span in the JSON form of OTLP: ids in hexadecimal, 64-bit numbers as strings. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code?: number; message?: string };
}

interface Attribute {
  key: string;
  value: { stringValue: string };
}

const SPAN_KIND_INTERNAL = 1;
const STATUS_OK = 1;
const STATUS_ERROR = 2;

/** The spans of a trace. Neither environment nor inputs nor output are among what they tell. */
export function spansOf(trace: Trace): OtlpSpan[] {
  return trace.steps.map((step) => spanOf(trace, step));
}

function spanOf(trace: Trace, step: TraceStep): OtlpSpan {
  const { spanId, parentId, startTime, endTime = trace.endTime ?? startTime, error } = step;
  const isRoot = parentId === undefined;
  return {
    traceId: trace.traceId,
    spanId,
    ...(parentId !== undefined && { parentSpanId: parentId }),
    name: isRoot ? `${step.name}: ${trace.why}` : `${step.name} ${step.object}`,
    kind: SPAN_KIND_INTERNAL,
    startTimeUnixNano: nanosOf(startTime),
    endTimeUnixNano: nanosOf(endTime),
    attributes: attributesOf({
      "tiltish.step": step.name,
      "tiltish.object": step.object,
      "tiltish.resource": trace.object,
      "tiltish.outcome": trace.outcome,
      "tiltish.cause": trace.type,
      "k8s.namespace.name": trace.namespace,
    }),
    status: statusOf(trace, error, isRoot),
  };
}

function statusOf({ outcome }: Trace, error: string | undefined, isRoot: boolean): OtlpSpan["status"] {
  if (error !== undefined) return { code: STATUS_ERROR, message: error };
  if (isRoot && outcome === "failed") return { code: STATUS_ERROR };
  return isRoot && (outcome === "ready" || outcome === "done") ? { code: STATUS_OK } : {};
}

/** Nanoseconds since 1970, which are too many for a number. */
function nanosOf(time: string): string {
  const micros = (/\.\d{3}(\d{1,3})/.exec(time)?.[1] ?? "").padEnd(3, "0");
  return String(BigInt(Date.parse(time)) * 1_000_000n + BigInt(micros) * 1_000n);
}

const attributesOf = (attributes: Readonly<Record<string, string>>): Attribute[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));

/** `ExportTraceServiceRequest`. */
export const exportRequestOf = (spans: readonly OtlpSpan[], resource: Readonly<Record<string, string>>) => ({
  resourceSpans: [
    {
      resource: { attributes: attributesOf(resource) },
      scopeSpans: [{ scope: { name: "tiltish" }, spans }],
    },
  ],
});
