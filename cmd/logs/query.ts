import { compilePattern } from "../../apis/regexp/index.ts";
import { usageError } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";
import type { Session } from "../connect/session.ts";
import { lastSaveTime } from "./lastsave.ts";
import type { LogQuery } from "./stream.ts";

const TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** What the server is asked for, as the options say. */
export async function logQueryOf(options: Options, session: Session): Promise<LogQuery> {
  const tail = options.integer("tail");
  if (tail !== undefined && tail < -1)
    throw usageError(`--tail is a number of lines, or -1 for all, not ${tail}`);
  if (options.has("since") && options.has("since-time"))
    throw usageError("give --since or --since-time, not both");
  return {
    follow: options.flag("follow") ? "true" : undefined,
    tailLines: tail !== undefined && tail >= 0 ? String(tail) : undefined,
    ...(await since(options, session)),
    previous: options.flag("previous") ? "true" : undefined,
    run: options.integer("run")?.toString(),
    limitBytes: options.integer("limit-bytes")?.toString(),
    grep: patternOf(options),
    level: options.text("level"),
  };
}

async function since(options: Options, session: Session): Promise<LogQuery> {
  const text = options.text("since");
  if (text === undefined) return { sinceTime: options.text("since-time") };
  if (text === "last-save") return { sinceTime: await lastSaveTime(session) };
  if (TIME.test(text) && !Number.isNaN(Date.parse(text))) return { sinceTime: text };
  if (/^\d{4}-/.test(text))
    throw usageError(`--since: "${text}" is no RFC 3339 time, such as 2026-01-31T09:00:00Z`);
  return { sinceSeconds: String(Math.max(1, Math.ceil(options.durationMs("since")! / 1000))) };
}

function patternOf(options: Options): string | undefined {
  const pattern = options.text("grep");
  if (pattern === undefined) return undefined;
  try {
    // As the server reads it; a stream that is followed would tell of it too late.
    compilePattern(pattern);
    return pattern;
  } catch (error) {
    throw usageError(`--grep: no regular expression in the syntax of RE2: ${(error as Error).message}`);
  }
}
