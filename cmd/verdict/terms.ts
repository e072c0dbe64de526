import { usageError } from "../cli/errors.ts";
import { limitIn, type Options } from "../cli/options.ts";
import type { Terms } from "./verdict.ts";

const READINESS_MS = 5 * 60_000;

/** @throws CliError for what is no duration. */
export function termsOf(options: Options, timeoutMs: number): Terms {
  const { ofAll, ofOne } = readinessLimits(options.all("readiness-timeout"));
  const ignored = options.all("ignore-readiness");
  const names = new Set(ignored.flatMap((value) => value.split(",")));
  const all = ["", "true"].some((word) => names.has(word));
  return {
    timeoutMs: options.limitMs("timeout", timeoutMs),
    readinessTimeoutMs: (name) => ofOne.get(name) ?? ofAll,
    ignoresReadiness: (name) => all || names.has(name),
    graceMs: graceOf(options),
  };
}

function graceOf(options: Options): number {
  const graceMs = options.durationMs("grace") ?? 0;
  if (graceMs < 0) throw usageError("--grace cannot be negative");
  return graceMs;
}

function readinessLimits(values: readonly string[]): { ofAll: number; ofOne: Map<string, number> } {
  const pairs = values.map((value) => {
    const at = value.indexOf("=");
    const limit = limitIn(value.slice(at + 1), "readiness-timeout");
    return { name: at < 0 ? undefined : value.slice(0, at), limit };
  });
  const ofOne = new Map(
    pairs.flatMap(({ name, limit }) => (name === undefined ? [] : [[name, limit] as const])),
  );
  return { ofAll: pairs.findLast(({ name }) => name === undefined)?.limit ?? READINESS_MS, ofOne };
}
