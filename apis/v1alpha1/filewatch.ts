import { Type, type Static } from "typebox";
import type { FieldError } from "../errors.ts";
import { defineKind, type ObjectOf } from "../kind.ts";
import { commonStatus, Defaulted, Duration, LabelSelector, ListSet, MicroTime } from "../meta.ts";
import { disabled } from "./common/dependency.ts";

const Debounce = Type.Object(
  {
    quiet: Type.Optional(
      Duration({
        description: "Wait for this long without a change. Default: adaptive, a lone save passes at once.",
      }),
    ),
    max: Defaulted(
      Duration({
        description: "Never hold a change back for longer than this, unless git is rewriting files.",
      }),
      "2s",
    ),
  },
  { description: "How changes that come together are collected into one event." },
);

/** What to watch; also the inline watch of a LocalResource. */
export const FileWatchSpec = Type.Object({
  glob: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 1000,
      description: "Files to watch, as a glob relative to root.",
    }),
  ),
  paths: Type.Optional(
    ListSet(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: "Files, and directories with all that is below them, relative to root.",
    }),
  ),
  root: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Directory to start from, relative to the root of the namespace.",
    }),
  ),
  ignores: Type.Optional(
    Type.Array(Type.String({ maxLength: 1000 }), {
      description: "Lines as in a .gitignore, relative to root.",
    }),
  ),
  ignoreFiles: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      description: "Files with such lines, such as .gitignore, relative to root.",
    }),
  ),
  defaultIgnores: Defaulted(
    Type.Boolean({
      description: "Ignore .git, temporary files of editors, node_modules and __pycache__.",
    }),
    true,
  ),
  selector: Type.Optional(LabelSelector),
  debounce: Defaulted(Debounce, {}),
  poll: Type.Optional(
    Duration({
      description:
        "Look at the files this often. File systems that are known to send no events are polled anyhow.",
    }),
  ),
  onlyContentChanges: Defaulted(
    Type.Boolean({ description: "Rewriting a file with the bytes it had is no change." }),
    true,
  ),
  disabled,
});
export type FileWatchSpec = Static<typeof FileWatchSpec>;

const FileEvent = Type.Object({
  time: MicroTime({ description: "When the change was reported." }),
  count: Type.Integer({ description: "How many files changed." }),
  files: Type.Array(Type.String(), { description: "The first 20 of them, relative to root." }),
  modifiedTime: Type.Optional(
    MicroTime({ description: "When the newest of the files was written, if there is one to ask." }),
  ),
  traceparent: Type.Optional(Type.String({ description: "W3C trace context that this change started." })),
});
export type FileEvent = Static<typeof FileEvent>;

const status = Type.Object({
  ...commonStatus,
  lastEventTimestamp: Type.Optional(MicroTime({ description: "Time of the newest event." })),
  monitorStartTime: Type.Optional(MicroTime({ description: "Since when it watches what the spec says." })),
  events: Type.Optional(Type.Array(FileEvent, { description: "The newest 20 events, newest last." })),
  watchedPaths: Type.Optional(Type.Integer({ description: "How many files are watched." })),
  stampedObjects: Type.Optional(Type.Integer({ description: "How many objects the selector matched last." })),
});

/** Sees changes of files, and says so in its status. */
export const FileWatch = defineKind({
  names: { kind: "FileWatch", plural: "filewatches", short: ["fw"] },
  description: "Sees changes of files, and says so in its status.",
  spec: FileWatchSpec,
  status,
  validate: ({ spec }): FieldError[] => validateFileWatch(spec, "spec"),
  columns: [
    { name: "Ready", path: '.status.conditions[?(@.type=="Ready")].status', type: "string" },
    { name: "Files", path: ".status.watchedPaths", type: "integer" },
    { name: "Last-Event", path: ".status.lastEventTimestamp", type: "date" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
  ],
});
export type FileWatch = ObjectOf<typeof FileWatch>;

/** What the schema cannot say; `at` is the path of the spec. */
export function validateFileWatch(spec: FileWatchSpec, at: string): FieldError[] {
  if (spec.glob || spec.paths?.length) return [];
  return [{ field: at, message: "give glob, paths, or both", reason: "FieldValueRequired" }];
}
