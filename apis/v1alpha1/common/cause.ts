import { Type, type Static } from "typebox";
import type { FieldError } from "../../errors.ts";
import { Enum, MicroTime } from "../../meta.ts";
import { MAX_INPUTS } from "./triggerrequest.ts";

/** What can start work; `Stop` and `Cancel` are the two that end it. */
export const CAUSE_TYPES = [
  "FileChange",
  "Trigger",
  "Dependency",
  "SpecChange",
  "Created",
  "Crash",
  "Build",
  "ServerStart",
  "Probe",
  "Restart",
  "Stop",
  "Cancel",
] as const;

/** Why something ran. Copied from object to object along the chain that a save sets off. */
export const Cause = Type.Object(
  {
    type: Enum(CAUSE_TYPES, { description: "What kind of thing started the work." }),
    object: Type.Optional(
      Type.String({ description: "Where it came from, as Kind/name, such as FileWatch/api-src." }),
    ),
    files: Type.Optional(
      Type.Array(Type.String(), { maxItems: 20, description: "The first 20 files that changed." }),
    ),
    fileCount: Type.Optional(Type.Integer({ description: "How many files changed in all." })),
    message: Type.Optional(Type.String({ description: "The same for people." })),
    inputs: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description:
          "Environment variables of that one run and of its restarts after a crash, over spec.env; from `tiltish trigger --env`.",
      }),
    ),
    time: MicroTime({ description: "When it happened." }),
    traceparent: Type.Optional(
      Type.String({
        description: "W3C trace context of the save; handed to child processes as TRACEPARENT.",
      }),
    ),
    tracestate: Type.Optional(
      Type.String({ description: "What goes with it, if who asked gave it; handed on as TRACESTATE." }),
    ),
  },
  { description: "Why it ran." },
);
export type Cause = Static<typeof Cause>;

const INPUT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** By it we know our processes; nobody may say that one is somebody else's. */
const RESERVED = "TILTISH_OWNER";
/** Linux takes no variable above 128 KiB. */
const LONGEST_INPUT = 64 * 1024;

/** What is wrong with the inputs of a request; empty if they can be handed to a process. */
export function inputErrors(inputs: unknown, at = "inputs"): FieldError[] {
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs))
    return [{ field: at, message: "must be an object of names and texts" }];
  const entries = Object.entries(inputs);
  if (entries.length > MAX_INPUTS)
    return [{ field: at, message: `has ${entries.length} entries: at most ${MAX_INPUTS} are taken` }];
  return entries.flatMap(([name, value]) => {
    const message = problemOf(name, value);
    return message ? [{ field: `${at}[${JSON.stringify(name)}]`, message }] : [];
  });
}

function problemOf(name: string, value: unknown): string | undefined {
  if (!INPUT_NAME.test(name)) return "an input is named by letters, digits and _, and begins with no digit";
  if (name === RESERVED) return "is how tiltish knows its processes, and cannot be set";
  if (typeof value !== "string") return `must be a text, such as "1"`;
  if (value.includes("\0")) return "must not contain a NUL character";
  return value.length > LONGEST_INPUT ? `must have at most ${LONGEST_INPUT} characters` : undefined;
}
