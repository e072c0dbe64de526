import { createHash, randomBytes } from "node:crypto";
import { type Cause, CAUSE_TYPES, inputErrors } from "../../apis/v1alpha1/index.ts";
import { nowMicro } from "./conditions.ts";

/** A new W3C trace context, sampled. */
export const newTraceparent = (): string =>
  `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`;

/** A span of its own within the trace, the same however often it is asked for; what is no trace context stays none. */
export function traceparentWithin(traceparent: string | undefined, step: string): string | undefined {
  const [, trace, flags] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(traceparent ?? "") ?? [];
  if (trace === undefined) return traceparent;
  const span = createHash("sha256").update(`${traceparent} ${step}`).digest("hex").slice(0, 16);
  return `00-${trace}-${span}-${flags}`;
}

/**
 * The value of the trigger annotation by which a controller starts an object that it owns: the cause itself, so that
 * it travels with the request and is the same however often it is written.
 */
export const triggerValueOf = (cause: Cause): string => JSON.stringify(cause);

/** The cause of a run that a trigger annotation asks for. Any value may stand there; ours carry the whole cause. */
export function causeOfTrigger(value: string): Cause {
  const byHand: Cause = {
    type: "Trigger",
    message: "triggered by hand",
    time: nowMicro(),
    traceparent: newTraceparent(),
  };
  if (!value.startsWith("{")) return byHand;
  try {
    return soundCause(JSON.parse(value) as Record<string, unknown>) ?? byHand;
  } catch {
    return byHand; // Somebody else's value that only looks like ours.
  }
}

/** What of a cause may be shown: inputs can be secrets, and the annotation holds them for who may read that. */
export function withoutInputs({ inputs: _, ...cause }: Cause): Cause {
  return cause;
}

/** Nothing of a value that anybody may write reaches a status unchecked: the status would be refused for it. */
function soundCause(value: Record<string, unknown>): Cause | undefined {
  const { type, time, object, files, fileCount, message, traceparent, tracestate, inputs } = value;
  if (typeof type !== "string" || !(CAUSE_TYPES as readonly string[]).includes(type)) return undefined;
  if (typeof time !== "string" || !isTime(time)) return undefined;
  return {
    type,
    ...(isText(object) && { object }),
    ...(Array.isArray(files) && { files: files.filter(isText).slice(0, 20) }),
    ...(Number.isSafeInteger(fileCount) && { fileCount }),
    ...(isText(message) && { message }),
    ...(inputs !== undefined && { inputs: soundInputs(inputs) }),
    time,
    ...(isHeader(traceparent) && { traceparent }),
    ...(isHeader(tracestate) && { tracestate }),
  } as Cause;
}

/** The ones that can be handed to a process, each judged by itself. */
function soundInputs(inputs: unknown): Record<string, string> {
  if (inputErrors(inputs).some(({ field }) => field === "inputs")) return {};
  const entries = Object.entries(inputs as Record<string, string>);
  return Object.fromEntries(entries.filter(([name, value]) => inputErrors({ [name]: value }).length === 0));
}

const isText = (value: unknown): value is string => typeof value === "string";

/** What can be a header, and so a variable, too. */
const isHeader = (value: unknown): value is string => isText(value) && /^[\x20-\x7e]{1,512}$/.test(value);

/** RFC 3339 in UTC, of a day that there is. */
function isTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text)) return false;
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}
