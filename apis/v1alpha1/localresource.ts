import { Type } from "typebox";
import type { FieldError } from "../errors.ts";
import { defineKind, type ObjectOf } from "../kind.ts";
import { commonStatus, Defaulted, described, Enum, MicroTime } from "../meta.ts";
import { Cause } from "./common/cause.ts";
import { dependsOn, disabled, links, RestartOn } from "./common/dependency.ts";
import { imageRefs, validateImageRefs } from "./common/image.ts";
import { FileWatchSpec, validateFileWatch } from "./filewatch.ts";
import { LocalProcessSpec } from "./localprocess.ts";
import { validateProcess } from "./localprocess.validate.ts";

const spec = Type.Object({
  displayName: Type.Optional(Type.String({ description: "Name to show to people." })),
  triggerMode: Defaulted(
    Enum(["Auto", "Manual"], {
      description: "Auto: run on every change. Manual: collect changes until triggered.",
    }),
    "Auto",
  ),
  initialRun: Defaulted(Type.Boolean({ description: "Run once as soon as the object is there." }), true),
  watch: Type.Optional(described(FileWatchSpec, "What to watch: it gets a FileWatch of its own.")),
  restartOn: Type.Optional(RestartOn),
  buildTemplate: Type.Optional(
    described(LocalProcessSpec, "The build: a process that ends. It gets a LocalProcess of its own."),
  ),
  serveTemplate: Type.Optional(
    described(
      LocalProcessSpec,
      "The server, replaced after each successful build. Its restartPolicy is Always by default.",
    ),
  ),
  allowParallel: Defaulted(
    Type.Boolean({ description: "This build may run beside other builds. Others exclude each other." }),
    false,
  ),
  imageRefs,
  links,
  dependsOn,
  disabled,
});

const Build = {
  startTime: Type.Optional(MicroTime({ description: "When it started." })),
  finishTime: Type.Optional(MicroTime({ description: "When it ended. Absent while it runs." })),
  reason: Type.Optional(Type.String({ description: "One word: what made it run." })),
  error: Type.Optional(Type.String({ description: "Why it failed, with the last lines that it wrote." })),
  exitCode: Type.Optional(Type.Integer({ description: "Exit code." })),
  duration: Type.Optional(Type.String({ description: "How long it took, such as 1.204s." })),
  cause: Type.Optional(Cause),
  cancel: Type.Optional(described(Cause, "Who has asked for its end before it was done.")),
};

const status = Type.Object({
  ...commonStatus,
  state: Type.Optional(
    Enum(
      ["Waiting", "Pending", "Building", "Starting", "Serving", "Succeeded", "Failed", "Idle", "Disabled"],
      {
        description: "What it is doing.",
      },
    ),
  ),
  message: Type.Optional(Type.String({ description: "What it waits for, or what went wrong." })),
  build: Type.Optional(Type.Object(Build, { description: "The build that runs, or the last one." })),
  buildHistory: Type.Optional(
    Type.Array(Type.Object(Build), { description: "The last 10 builds, newest first." }),
  ),
  serve: Type.Optional(
    Type.Object(
      {
        state: Type.Optional(Type.String({ description: "State of the server process." })),
        ready: Type.Optional(Type.Boolean({ description: "Whether it answers." })),
        pid: Type.Optional(Type.Integer({ description: "Its process id." })),
        startTime: Type.Optional(MicroTime({ description: "When it was started last." })),
        restarts: Type.Optional(Type.Integer({ description: "Restarts in a row after an exit of its own." })),
        cause: Type.Optional(Cause),
      },
      { description: "The server process." },
    ),
  ),
  pending: Type.Optional(
    Type.Object(
      {
        count: Type.Integer({ description: "How many files changed since the last build began." }),
        files: Type.Array(Type.String(), { description: "The first 20 of them." }),
      },
      { description: "Changes that no build has seen yet." },
    ),
  ),
  observedTrigger: Type.Optional(
    Type.String({ description: "The value of the trigger annotation that was last acted on." }),
  ),
  stopped: Type.Optional(
    described(Cause, "It was stopped by hand, and does not run until a newer request or change."),
  ),
  observedEvents: Type.Optional(
    Type.Record(Type.String(), MicroTime(), {
      description:
        "By FileWatch, the time of the newest of its events that a build or a restart has taken in.",
    }),
  ),
  cause: Type.Optional(Cause),
});

/** Leaves room for the names of what it owns. */
const MAX_NAME = 240;
const nameTooLong: FieldError = {
  field: "metadata.name",
  message: `Too long: may not be more than ${MAX_NAME} characters`,
  reason: "FieldValueTooLong",
};

/** A build that waits for others would hold a place among the builds, for which they may be waiting in turn. */
const dependentBuild: FieldError = {
  field: "spec.buildTemplate.dependsOn",
  message: "Forbidden: a build cannot wait by itself; put it in spec.dependsOn",
  reason: "FieldValueForbidden",
};

/** Builds, then serves; again whenever a file changes. */
export const LocalResource = defineKind({
  names: { kind: "LocalResource", plural: "localresources", short: ["lr"] },
  description: "Builds, then serves; again whenever a file changes.",
  spec,
  status,
  log: true,
  trigger: true,
  validate: (object): FieldError[] => [
    ...(object.metadata.name.length > MAX_NAME ? [nameTooLong] : []),
    ...(object.spec.buildTemplate?.dependsOn?.length ? [dependentBuild] : []),
    ...validateImageRefs(object.spec.imageRefs, "spec.imageRefs"),
    ...(object.spec.watch ? validateFileWatch(object.spec.watch, "spec.watch") : []),
    ...(object.spec.buildTemplate ? validateProcess(object.spec.buildTemplate, "spec.buildTemplate") : []),
    ...(object.spec.serveTemplate ? validateProcess(object.spec.serveTemplate, "spec.serveTemplate") : []),
  ],
  columns: [
    { name: "Trigger", path: ".spec.triggerMode", type: "string" },
    { name: "Build", path: buildColumn, type: "string" },
    { name: "Serve", path: ".status.serve.state", type: "string" },
    { name: "Ready", path: '.status.conditions[?(@.type=="Ready")].status', type: "string" },
    { name: "Pending", path: ".status.pending.count", type: "integer" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
    { name: "Duration", path: ".status.build.duration", type: "string", priority: 1 },
    { name: "Message", path: ".status.message", type: "string", priority: 1 },
  ],
});
export type LocalResource = ObjectOf<typeof LocalResource>;

function buildColumn(object: {
  status?: { build?: { startTime?: string; finishTime?: string; error?: string } };
}) {
  const build = object.status?.build;
  if (!build?.startTime) return null;
  if (!build.finishTime) return "Running";
  return build.error ? "Failed" : "Succeeded";
}

/** Name of the object that a LocalResource owns for its build, its server, or its watch. */
export const childNameOf = (name: string, role: "build" | "serve" | "watch"): string => `${name}-${role}`;

/** On what a LocalResource owns: its name. */
export const RESOURCE_LABEL = "tiltish.dev/resource";
