import { StatusError } from "../../apis/errors.ts";
import { ConnectionError } from "../../client/http/index.ts";
import { CliError, EXIT } from "./errors.ts";
import { sanitize } from "./sanitize.ts";

/** Tells of an error as it deserves, and answers the exit code. */
export function report(error: unknown, words: readonly string[]): number {
  const { message, exitCode } = verdictOf(error);
  process.stderr.write(`${sanitize(message)}\n`);
  if (verbosityOf(words) >= 6 && error instanceof Error) process.stderr.write(`${stackOf(error)}\n`);
  return exitCode;
}

export interface Verdict {
  message: string;
  exitCode: number;
}

export function verdictOf(error: unknown): Verdict {
  if (error instanceof CliError) return error;
  if (error instanceof StatusError) return { message: statusMessage(error), exitCode: EXIT.failed };
  if (error instanceof ConnectionError) {
    const next = "Is it still running? tiltish doctor looks; tiltish up starts one";
    return { message: `error: ${error.message}. ${next}`, exitCode: EXIT.noSession };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { message: `error: ${text} (tiltish -v=6 shows where)`, exitCode: EXIT.failed };
}

/** As kubectl words it; scripts match these. */
export function statusMessage({ reason, message, details }: StatusError): string {
  if (reason === "Invalid" && details?.name)
    return `The ${details.kind} "${details.name}" is invalid: ${after(message)}`;
  if (reason === "Unauthorized") return "error: You must be logged in to the server (Unauthorized)";
  return `Error from server (${reason}): ${message}`;
}

/** What follows `KIND "NAME" is invalid: `. */
const after = (message: string): string => message.replace(/^.*? is invalid: /s, "");

/** The last `-v`, `-v=N`, `-v N` or `--v=N`. */
export function verbosityOf(words: readonly string[]): number {
  const [text = "0"] = words.flatMap((word, i) => {
    const glued = /^--?v=?(\d+)$/.exec(word)?.[1];
    return glued ?? (word === "-v" || word === "--v" ? (words[i + 1] ?? "0") : []);
  });
  return Number(text) || 0;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
