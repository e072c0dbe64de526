import { stripVTControlCharacters } from "node:util";

export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

const WORDS: Readonly<Record<string, Level>> = {
  trace: "debug",
  verbose: "debug",
  debug: "debug",
  info: "info",
  information: "info",
  notice: "info",
  warn: "warn",
  warning: "warn",
  err: "error",
  error: "error",
  fatal: "error",
  critical: "error",
  crit: "error",
  alert: "error",
  emerg: "error",
  panic: "error",
  severe: "error",
};
const NAMES = Object.keys(WORDS).join("|");

/** A level stands near the start of a line; what comes later is what the line is about. */
const LOOKED_AT = 160;
const LONGEST_JSON = 64 * 1024;

/** Fixed patterns over a short text, each of which reads it once. In this order: the surest first. */
const SHAPES: readonly RegExp[] = [
  new RegExp(`(?:^|\\s)(?:level|lvl|severity)="?(${NAMES})\\b`, "i"), // logfmt
  new RegExp(`[[<(](${NAMES})[\\])>]`, "i"), // [warn]
  new RegExp(`^(?:\\S+\\s+){0,3}?(${NAMES.toUpperCase()})\\b`), // 12:00:00.1 ERROR …
  new RegExp(`^(?:npm\\s+)?(${NAMES})(?:!|:|\\s*\\[|$)`, "i"), // error: …, npm ERR!
  /^(?:Uncaught\s+)?[A-Za-z]*(Error|Panic)\b:/i, // TypeError: …
  new RegExp(`^npm\\s+(${NAMES})\\b`, "i"),
];

/** glog and klog: `E1120 12:00:00.000000 …` */
const GLOG: Readonly<Record<string, Level>> = { I: "info", W: "warn", E: "error", F: "error" };
const CONTINUED = /^(?:\s+\S|Caused by:|Traceback|\.\.\. \d+ more)/;

/** What a line says of its own weight, in one of the common formats; undefined if it says nothing. */
export function levelOf(line: string): Level | undefined {
  const text = stripVTControlCharacters(line.slice(0, LONGEST_JSON)).trimStart();
  if (text.startsWith("{")) return levelOfJson(text);
  const start = text.slice(0, LOOKED_AT);
  const glog = /^([IWEF])\d{4} \d\d:/.exec(start)?.[1];
  if (glog) return GLOG[glog];
  for (const shape of SHAPES) {
    const word = shape.exec(start)?.[1]?.toLowerCase();
    if (word) return WORDS[word];
  }
  return undefined;
}

/** Whether a line belongs to the one before it, as those of a stack trace do. */
export const isContinued = (line: string): boolean => CONTINUED.test(line.slice(0, LOOKED_AT));

export const isAtLeast = (level: Level, least: Level): boolean =>
  LEVELS.indexOf(level) >= LEVELS.indexOf(least);

function levelOfJson(text: string): Level | undefined {
  try {
    const entry = JSON.parse(text) as Record<string, unknown>;
    const log = entry["log"] as { level?: unknown } | null | undefined;
    const value = [entry["level"], entry["severity"], entry["lvl"], entry["levelname"], entry["@l"]];
    return levelOfValue([...value, entry["log.level"], log?.level].find((one) => one !== undefined));
  } catch {
    return undefined; // it only looks like JSON
  }
}

/** A word, or a number as of bunyan and pino: 10 is trace, 60 is fatal. */
function levelOfValue(value: unknown): Level | undefined {
  if (typeof value === "string") return WORDS[value.toLowerCase()];
  if (typeof value !== "number") return undefined;
  if (value < 30) return "debug";
  if (value < 40) return "info";
  return value < 50 ? "warn" : "error";
}
