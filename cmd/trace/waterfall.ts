import { durationOf } from "../../apis/duration.ts";
import type { Trace, TraceStep } from "../../controllers/trace/index.ts";
import { clockTime } from "../print/clock.ts";

const BAR = 32;

/** A trace as lines: each step with its time, how long it took, and where in the whole it lies. */
export function waterfallOf(trace: Trace, nowMs = Date.now()): string[] {
  const startMs = Date.parse(trace.startTime);
  const ends = trace.steps.map((step) => endMsOf(step, nowMs));
  const scale = { startMs, totalMs: Math.max(1, ...ends.map((endMs) => endMs - startMs)) };
  const [root, ...steps] = trace.steps;
  if (!root) return [];
  const rows = [root, ...steps.toSorted((a, b) => Date.parse(a.startTime) - Date.parse(b.startTime))];
  return [
    `${trace.why} → ${trace.object} ${outcomeText(trace, nowMs)}`,
    ...rows.flatMap((step) => lines(step, scale, nowMs)),
  ];
}

/** `ready after 412ms` */
export function outcomeText(trace: Trace, nowMs = Date.now()): string {
  const words = {
    ready: "ready after",
    done: "done after",
    failed: "failed after",
    superseded: "superseded after",
    running: "running for",
  };
  const endMs = trace.endTime ? Date.parse(trace.endTime) : nowMs;
  return `${words[trace.outcome]} ${durationOf(Math.max(0, endMs - Date.parse(trace.startTime)))}`;
}

interface Scale {
  startMs: number;
  totalMs: number;
}

const endMsOf = ({ endTime }: TraceStep, nowMs: number): number => (endTime ? Date.parse(endTime) : nowMs);

function lines(step: TraceStep, { startMs, totalMs }: Scale, nowMs: number): string[] {
  const fromMs = Math.max(0, Date.parse(step.startTime) - startMs);
  const ms = Math.max(0, endMsOf(step, nowMs) - Date.parse(step.startTime));
  const from = Math.min(BAR - 1, Math.floor((fromMs / totalMs) * BAR));
  const width = Math.max(1, Math.min(BAR - from, Math.round((ms / totalMs) * BAR)));
  const bar = `${" ".repeat(from)}${"▇".repeat(width)}`.padEnd(BAR);
  const took = `${durationOf(ms)}${step.endTime ? "" : "…"}`;
  const line = `  ${clockTime(step.startTime)}  ${step.name.padEnd(8)} ${took.padStart(8)}  ${bar}  ${step.object}`;
  return step.error ? [line, `      ✖ ${step.error}`] : [line];
}
