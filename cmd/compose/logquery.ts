import { badRequest, type FieldError, invalid } from "../../apis/errors.ts";
import { compilePattern } from "../../apis/regexp/index.ts";
import { LEVELS, type LogOptions } from "../../controllers/runtime/index.ts";

export type LogQuery = Readonly<Record<string, string>>;

/**
 * The query of the `log` subresource, as `kubectl logs` sends it. What it has beside is not asked.
 *
 * @param name of the object, for errors.
 * @throws StatusError `BadRequest` for what is no number or time, `Invalid` for one that cannot be.
 */
export function logOptionsOf(query: LogQuery, name: string): LogOptions {
  const stream = query["stream"] || "All";
  const options: LogOptions = {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    tailLines: integer(query, "tailLines"),
    sinceSeconds: integer(query, "sinceSeconds"),
    limitBytes: integer(query, "limitBytes"),
    run: integer(query, "run"),
    sinceTime: time(query, "sinceTime"),
    stream: STREAMS[stream],
    ...choiceOf(query),
  };
  const errors = [...errorsOf(options), ...streamErrors(options, stream), ...choiceErrors(query)];
  if (errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions", name }, errors);
  return options;
}

const STREAMS: Readonly<Record<string, LogOptions["stream"]>> = { Stdout: "stdout", Stderr: "stderr" };

function errorsOf({
  tailLines,
  sinceSeconds,
  sinceTime,
  limitBytes,
  run,
  previous,
}: LogOptions): FieldError[] {
  return [
    ...atLeast(0, "tailLines", tailLines),
    ...atLeast(1, "limitBytes", limitBytes),
    ...atLeast(1, "sinceSeconds", sinceSeconds),
    ...atLeast(1, "run", run),
    ...oneOf({ sinceTime, sinceSeconds }),
    ...oneOf({ previous: previous || undefined, run }),
  ];
}

function atLeast(minimum: number, field: string, value: number | undefined): FieldError[] {
  if (value === undefined || value >= minimum) return [];
  const wanted = minimum === 0 ? "greater than or equal to 0" : "greater than 0";
  return [{ field, message: `Invalid value: ${value}: must be ${wanted}` }];
}

function oneOf(options: Readonly<Record<string, unknown>>): FieldError[] {
  const names = Object.keys(options);
  if (names.some((name) => options[name] === undefined)) return [];
  const message = `Forbidden: at most one of ${names.map((name) => `\`${name}\``).join(" or ")} may be specified`;
  return [{ field: names[0]!, message, reason: "FieldValueForbidden" }];
}

function streamErrors({ tailLines }: LogOptions, stream: string): FieldError[] {
  if (stream === "All") return [];
  if (!Object.hasOwn(STREAMS, stream)) {
    const message = `Unsupported value: ${JSON.stringify(stream)}: supported values: "All", "Stderr", "Stdout"`;
    return [{ field: "stream", message, reason: "FieldValueNotSupported" }];
  }
  if (tailLines === undefined) return [];
  const message = "Forbidden: `tailLines` and specific `stream` are mutually exclusive";
  return [{ field: "tailLines", message, reason: "FieldValueForbidden" }];
}

/** What kubectl does not have: lines that match, and lines of some weight. */
function choiceOf({ grep, level }: LogQuery): Pick<LogOptions, "grep" | "level"> {
  return {
    ...(grep && { grep }),
    ...(level && { level: LEVELS.find((one) => one === level.toLowerCase()) }),
  };
}

const MAX_PATTERN = 1000;

function choiceErrors({ grep = "", level = "" }: LogQuery): FieldError[] {
  const errors: FieldError[] = [];
  const isKnown = level === "" || LEVELS.some((one) => one === level.toLowerCase());
  if (!isKnown) {
    const known = LEVELS.map((one) => JSON.stringify(one)).join(", ");
    const message = `Unsupported value: ${JSON.stringify(level.slice(0, 50))}: supported values: ${known}`;
    errors.push({ field: "level", message, reason: "FieldValueNotSupported" });
  }
  const problem = patternProblem(grep);
  if (problem) {
    const message = `Invalid value: ${JSON.stringify(grep.slice(0, 100))}: must be a regular expression in the syntax of RE2: ${problem}`;
    errors.push({ field: "grep", message });
  }
  return errors;
}

function patternProblem(grep: string): string | undefined {
  if (grep.length > MAX_PATTERN) return `it may have at most ${MAX_PATTERN} characters`;
  try {
    compilePattern(grep);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** As Kubernetes reads a boolean: named and no more, it is true. */
const flag = (query: LogQuery, name: string): boolean =>
  query[name] !== undefined && !["0", "false", "False", "FALSE", "f", "F"].includes(query[name]);

function integer(query: LogQuery, name: string): number | undefined {
  const text = query[name];
  if (text === undefined || text === "") return undefined;
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number`);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

function time(query: LogQuery, name: string): string | undefined {
  const text = query[name];
  if (text === undefined || text === "") return undefined;
  if (TIME.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be an RFC 3339 time`);
}
