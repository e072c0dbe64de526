import { Type } from "typebox";
import type { FieldError } from "../../errors.ts";
import { Defaulted, Enum, ListMap, ListSet, MicroTime } from "../../meta.ts";

const globs = (description: string) =>
  Type.Optional(ListSet(Type.String({ minLength: 1, maxLength: 1000 }), { description }));

const SyncRule = Type.Object({
  from: Type.String({
    minLength: 1,
    description: "File or directory of the context: src, or . for all of it.",
  }),
  to: Type.String({ pattern: "^/", description: "Where it is in the container: an absolute path." }),
});

const RunStep = Type.Object({
  command: Type.Array(Type.String(), { minItems: 1, description: "Program and arguments, no shell." }),
  when: globs(
    "Run it only if such a file of the context was synced; a glob without a slash is about names anywhere. Default: after every sync.",
  ),
});

/** How containers of an image that run on the engine are updated in place. */
export const liveUpdateSpec = Type.Optional(
  Type.Object(
    {
      sync: Type.Array(SyncRule, {
        minItems: 1,
        description: "What of the context is where in the container. Any other change needs a build.",
      }),
      run: Type.Optional(
        Type.Array(RunStep, { description: "Commands to run in the container after a sync, in this order." }),
      ),
      restart: Defaulted(
        Enum(["Never", "Always"], { description: "Whether the container is restarted after a sync." }),
        "Never",
      ),
      stopOn: globs("Changes of these files of the context need a build, whatever sync says."),
      containers: Type.Optional(
        ListSet(Type.String({ minLength: 1 }), {
          description: "Names of the containers to update. Default: all that run the image.",
        }),
      ),
    },
    {
      description:
        "Update containers that run the image on this engine in place, instead of building it again, as long as only synced files change.",
    },
  ),
);

const ContainerStatus = Type.Object({
  id: Type.String({ description: "Id of the container." }),
  name: Type.Optional(Type.String({ description: "Its name." })),
  state: Type.Optional(Type.String({ description: "What the engine says of it, such as running." })),
  files: Type.Optional(Type.Integer({ description: "Files of the last sync, deleted ones included." })),
  lastSyncTime: Type.Optional(MicroTime({ description: "When it was last synced." })),
  lastFileTimeSynced: Type.Optional(MicroTime({ description: "The newest change of a file that it has." })),
  lastExecError: Type.Optional(
    Type.String({ description: "How a command of spec.liveUpdate.run failed, with its last lines." }),
  ),
});

export const liveUpdateStatus = Type.Optional(
  Type.Object(
    {
      state: Type.Optional(
        Enum(["Waiting", "Syncing", "Synced", "Failed"], { description: "What it is doing." }),
      ),
      reason: Type.Optional(Type.String({ description: "Why it waits or failed, in one word." })),
      message: Type.Optional(Type.String({ description: "The same for people." })),
      containers: Type.Optional(
        ListMap(ContainerStatus, ["id"], { description: "The containers of the image." }),
      ),
    },
    { description: "How the containers of the image are kept in step. Failed: it is built instead." },
  ),
);

/** What a schema cannot say. */
export function validateLiveUpdate(
  liveUpdate: { sync: { from: string; to: string }[] } | undefined,
  at: string,
): FieldError[] {
  return (liveUpdate?.sync ?? []).flatMap(({ from, to }, index) => [
    ...(from.startsWith("/") || from.split("/").includes("..")
      ? [invalid(`${at}.sync[${index}].from`, "it must be below the context, such as src")]
      : []),
    ...(to.split("/").some((part) => part === ".." || part === ".") || /^\/+$/.test(to)
      ? [invalid(`${at}.sync[${index}].to`, "it must be a clean absolute path below /, such as /app/src")]
      : []),
  ]);
}

const invalid = (field: string, message: string): FieldError => ({
  field,
  message,
  reason: "FieldValueInvalid",
});
