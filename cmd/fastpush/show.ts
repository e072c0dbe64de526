import type { SyncOutcome } from "../../controllers/cfapp/index.ts";
import type { Operation, Plan } from "../../controllers/sync/index.ts";

const UNITS = ["bytes", "KiB", "MiB", "GiB"];

/** `1.2 KiB` */
export function sizeOf(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  return unit === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** unit).toFixed(1)} ${UNITS[unit]}`;
}

/** A line for each change; directories come with what is in them. */
export const linesOf = ({ operations }: Plan): string[] =>
  operations.filter(({ type }) => !type.endsWith("Directory")).map(lineOf);

function lineOf(operation: Operation): string {
  const { type, path } = operation;
  if (type === "put")
    return `  ${operation.base ? "change" : "put   "}  ${path}  ${sizeOf(operation.entry.size)}`;
  if (type === "link") return `  link    ${path} -> ${operation.target}`;
  if (type === "chmod") return `  mode    ${path}  ${operation.mode.toString(8)}`;
  return `  delete  ${path}`;
}

/** What would be done, or was: `2 files, 3.4 KiB, 1 deletion`. */
export function sumOf({ files, deletes, bytes }: Plan): string {
  const parts = [`${files} ${files === 1 ? "file" : "files"}`, sizeOf(bytes)];
  if (deletes > 0) parts.push(`${deletes} ${deletes === 1 ? "deletion" : "deletions"}`);
  return parts.join(", ");
}

/** What became of the app, in words. */
export function outcomeText(outcome: SyncOutcome): string {
  switch (outcome.result) {
    case "ready":
      return `the app runs (pid ${outcome.pid})`;
    case "ok":
      return "the app was not restarted";
    case "unsupervised":
      return "whether the app restarts is up to its controller, which does not tell how that goes";
    case "crashed":
      return `the app has ended (${outcome.exit})${indented(outcome.output)}`;
    case "notready":
      return `the app does not answer (pid ${outcome.pid})${indented(outcome.output)}`;
    case "superseded":
      return `a later set has come (${outcome.by})`;
    default:
      return `nothing was committed: ${outcome.message}`;
  }
}

const indented = (output: string): string =>
  output.trim() === "" ? "" : `:\n${output.trimEnd().replace(/^/gm, "  | ")}`;

/** Those with which the files are there, and the app is as well as it was asked for. */
export const isGood = ({ result }: SyncOutcome): boolean =>
  ["ready", "ok", "unsupervised", "superseded"].includes(result);
