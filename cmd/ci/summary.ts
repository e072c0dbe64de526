import { durationOf } from "../../apis/duration.ts";
import type { Paint } from "../cli/color.ts";
import { sanitize } from "../cli/sanitize.ts";
import type { Target } from "../verdict/target.ts";

/** How a run went, for people and for programs. */
export interface Summary {
  result: "succeeded" | "failed" | "timeout" | "interrupted";
  message?: string;
  durationMs: number;
  targets: readonly SummarizedTarget[];
}

export interface SummarizedTarget extends Pick<Target, "name" | "role" | "message" | "durationMs"> {
  result: "ok" | "failed" | "not ready" | "running" | "waiting" | "not asked for" | "disabled";
  /** The last lines that it wrote, of what went wrong. */
  lastLines?: readonly string[];
}

const RESULTS: Readonly<Record<Target["state"], SummarizedTarget["result"]>> = {
  good: "ok",
  failed: "failed",
  unready: "not ready",
  active: "running",
  waiting: "waiting",
  idle: "not asked for",
  disabled: "disabled",
};

export function summarized(
  { name, role, state, message, durationMs }: Target,
  lastLines: readonly string[] = [],
): SummarizedTarget {
  return {
    name,
    role,
    result: RESULTS[state],
    message,
    ...(durationMs !== undefined && { durationMs }),
    ...(lastLines.length && { lastLines }),
  };
}

/** A table, with the last lines of what went wrong below. */
export function summaryText(summary: Summary, paint: Paint): string {
  const { targets } = summary;
  const nameWidth = Math.max(0, ...targets.map(({ name }) => name.length));
  const rows = targets.flatMap(({ name, role, result, message, durationMs, lastLines = [] }) => {
    const took = durationMs === undefined ? "" : ` in ${durationOf(durationMs)}`;
    const word = colored(result, result.padEnd(13), paint);
    const row = `  ${word}  ${name.padEnd(nameWidth)}  ${role.padEnd(6)}  ${sanitize(message)}${took}`;
    return [row, ...lastLines.map((line) => paint.dim(`${" ".repeat(19)}│ ${sanitize(line)}`))];
  });
  return `${[titleOf(summary, paint), ...rows].join("\n")}\n`;
}

function titleOf({ result, message, durationMs }: Summary, paint: Paint): string {
  const line = `── ci ${result} after ${durationOf(durationMs)} ──`;
  const title = result === "succeeded" ? paint.good(line) : paint.bad(line);
  return message ? `${title}\n  ${sanitize(message)}` : title;
}

function colored(result: SummarizedTarget["result"], text: string, paint: Paint): string {
  if (result === "ok") return paint.good(text);
  if (result === "failed") return paint.bad(text);
  return result === "not ready" ? paint.warn(text) : paint.dim(text);
}
