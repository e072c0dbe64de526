/** One thing that was done for a cause, and how long it took. */
export interface TraceStep {
  /** One word: save, debounce, queue, build, stop, start, ready; of a sync: scan, send, apply, restart, ready, or a step of a deploy. */
  name: string;
  /** `Kind/name` of who did it. */
  object: string;
  spanId: string;
  /** Absent for the first one. */
  parentId?: string;
  /** RFC 3339 with microseconds. */
  startTime: string;
  /** Absent while it goes on. */
  endTime?: string;
  /** What went wrong, in one line. */
  error?: string;
}

export type Outcome = "ready" | "done" | "failed" | "superseded" | "running";

/** From a cause, such as a saved file, to what came of it for one object. */
export interface Trace {
  /** 32 hexadecimal digits; what ran for the same save has the same. */
  traceId: string;
  namespace: string;
  /** `Kind/name` of what ran. */
  object: string;
  /** One word: the type of the cause. */
  type: string;
  /** In words: `src/a.ts changed`. */
  why: string;
  outcome: Outcome;
  startTime: string;
  endTime?: string;
  /** The cause first, then in the order of time. */
  steps: TraceStep[];
}

/** On the Event that tells of a trace: the trace itself, as JSON. */
export const TRACE_ANNOTATION = "tiltish.dev/trace";
export const TRACED = "Traced";
