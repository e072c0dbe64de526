import type { Schema } from "./schema.ts";

/** A parameter of a path or a query. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly description: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

const query = (type: "string" | "integer" | "boolean", name: string, description: string): Parameter => ({
  name,
  in: "query",
  description,
  schema: { type, uniqueItems: true },
});
const path = (name: string, description: string): Parameter => ({
  name,
  in: "path",
  description,
  required: true,
  schema: { type: "string", uniqueItems: true },
});

export const NAMESPACE = path("namespace", "The namespace.");
export const NAME = path("name", "Name of the object.");

const SELECTORS = [
  query("string", "labelSelector", "Only objects whose labels match, such as app=web,tier!=db."),
  query("string", "fieldSelector", "Only objects whose fields match, such as metadata.name=web."),
];
const DRY_RUN = query("string", "dryRun", "All: check and answer as always, but store nothing.");

export const LIST: readonly Parameter[] = [
  ...SELECTORS,
  query("integer", "limit", "At most so many items; the rest can be had with continue."),
  query("string", "continue", "The next page of a list, as metadata.continue of the page before says."),
  query("string", "resourceVersion", "The revision to list, or to watch from."),
  query("string", "resourceVersionMatch", "How resourceVersion is meant: Exact or NotOlderThan."),
];

/** Of a list of a kind that can be watched. */
export const WATCH: readonly Parameter[] = [
  query("boolean", "watch", "Answer changes as they happen instead of a list."),
  query("boolean", "allowWatchBookmarks", "Tell the present revision now and then while watching."),
  query("boolean", "sendInitialEvents", "Begin a watch with what is there."),
  query("integer", "timeoutSeconds", "End a watch after so many seconds."),
];

export const WRITE: readonly Parameter[] = [
  DRY_RUN,
  query("string", "fieldManager", "Name of who writes, for managedFields."),
  query("string", "fieldValidation", "What to do about unknown fields: Ignore, Warn or Strict."),
];

/** Written out at each operation: kubectl looks for them there, and resolves no reference. */
export const PATCH: readonly Parameter[] = [
  ...WRITE,
  query("boolean", "force", "For apply: take fields over that others manage."),
];

export const DELETE: readonly Parameter[] = [
  DRY_RUN,
  query("integer", "gracePeriodSeconds", "Seconds to give it to end."),
  query("string", "propagationPolicy", "What becomes of what it owns: Background, Foreground or Orphan."),
];

export const DELETE_COLLECTION: readonly Parameter[] = [...SELECTORS, ...DELETE];

export const LOG: readonly Parameter[] = [
  query("boolean", "follow", "Go on with new lines as they are written."),
  query("integer", "tailLines", "Only so many lines from the end."),
  query("string", "grep", "Only lines that match this regular expression, in the syntax of RE2."),
  query("string", "level", "Only lines of this level and above: debug, info, warn or error."),
  query("integer", "sinceSeconds", "Only lines of the last so many seconds."),
  query("string", "sinceTime", "Only lines from this RFC 3339 time on."),
  query("boolean", "timestamps", "Begin each line with its time."),
  query("integer", "run", "Number of the run. Default: the present or last one."),
  query("boolean", "previous", "The run before that."),
  query("integer", "limitBytes", "At most so many bytes."),
  query("string", "stream", "Only what was written to Stdout or Stderr. Default: All."),
  query("string", "container", "Of a Pod: its container, process."),
];
