import { Type, type Static } from "typebox";
import { Enum, MicroTime } from "../../meta.ts";

/** What can start work. */
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
    time: MicroTime({ description: "When it happened." }),
    traceparent: Type.Optional(
      Type.String({
        description: "W3C trace context of the save; handed to child processes as TRACEPARENT.",
      }),
    ),
  },
  { description: "Why it ran." },
);
export type Cause = Static<typeof Cause>;
