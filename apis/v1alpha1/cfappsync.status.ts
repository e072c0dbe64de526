import { Type } from "typebox";
import { commonStatus, described, ListMap, MicroTime } from "../meta.ts";
import { Cause } from "./common/cause.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));
const count = (description: string) => Type.Optional(Type.Integer({ description }));
const time = (description: string) => Type.Optional(MicroTime({ description }));

const Revision = Type.Object({
  number: count("Counts the sets that were sent."),
  treeHash: text("Hash of all files."),
});

const Instance = Type.Object({
  index: Type.Integer({ description: "Index of the instance." }),
  instanceGuid: text("Identity of the container."),
  state: text("What it is doing."),
  revision: count("The last set that it committed."),
  pid: count("Process id of the app."),
  startedAt: time("When the app was started."),
  lastError: text("What went wrong last."),
});

const LastSync = Type.Object({
  trigger: text("What started it."),
  startTime: time("When it started."),
  finishTime: time("When it ended."),
  files: count("Files sent."),
  deletes: count("Files deleted."),
  bytesSource: count("Bytes of those files."),
  bytesSent: count("Bytes on the wire."),
  durations: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: "Time of each step: scan (with hash), send, apply, restart, ready.",
    }),
  ),
});

const DeployStep = Type.Object({
  name: Type.String({ description: "What was done." }),
  startTime: time("When it began."),
  duration: text("How long it took. Absent while it is done."),
});

const LastDeploy = Type.Object({
  kind: text("Why it was deployed: Initial, Requested, Structural, Fallback or Persist."),
  reason: text("The same for people."),
  packageGuid: text("The package."),
  dropletGuid: text("The droplet."),
  deploymentGuid: text("The deployment."),
  startTime: time("When it started."),
  finishTime: time("When it ended."),
  error: text("Why it failed."),
  steps: Type.Optional(Type.Array(DeployStep, { description: "What was done, one after the other." })),
  treeHash: text("Hash of all files that were deployed."),
  specHash: text("Hash of the part of the spec that a deploy is made from."),
});

export const cfAppSyncStatus = Type.Object({
  ...commonStatus,
  state: text("Where it is in its life."),
  message: text("What it waits for, or what went wrong."),
  app: Type.Optional(
    Type.Object(
      {
        guid: text("Identity of the app."),
        state: text("STARTED or STOPPED."),
        routes: Type.Optional(Type.Array(Type.String(), { description: "Its routes." })),
      },
      { description: "The app as the platform knows it." },
    ),
  ),
  transport: Type.Optional(
    Type.Object(
      { active: text("The transport in use."), reason: text("Why this one.") },
      { description: "How files get there now." },
    ),
  ),
  revision: Type.Optional(
    Type.Object(
      {
        local: Type.Optional(described(Revision, "What is here.")),
        remote: Type.Optional(described(Revision, "What the app has.")),
      },
      { description: "Which set of files is where." },
    ),
  ),
  instances: Type.Optional(ListMap(Instance, ["index"], { description: "The instances of the app." })),
  lastSync: Type.Optional(described(LastSync, "The last sync.")),
  lastDeploy: Type.Optional(described(LastDeploy, "The last full deploy.")),
  pending: Type.Optional(
    Type.Object(
      {
        count: Type.Integer({ description: "Files that wait to be sent." }),
        firstPaths: Type.Array(Type.String(), { description: "The first 20 of them." }),
      },
      { description: "What is not sent yet." },
    ),
  ),
  rejected: Type.Optional(
    Type.Array(
      Type.Object({
        path: Type.String({ description: "The file." }),
        reason: Type.String({ description: "Why it is not sent, in one word." }),
        message: text("The same for people."),
      }),
      {
        description: "Files that are not sent.",
      },
    ),
  ),
  rejectedCount: count("How many files are not sent."),
  failures: count("Failures in a row."),
  nextRetryTime: time("When it is tried again."),
  hostKey: Type.Optional(
    Type.Object(
      { fingerprint: text("Of the ssh host."), verifiedBy: text("How it was verified.") },
      { description: "The key of the ssh host." },
    ),
  ),
  cause: Type.Optional(Cause),
  observedTrigger: text("The value of the trigger annotation that was last acted on."),
  stopped: Type.Optional(described(Cause, "It was stopped by hand, and syncs nothing until it is asked to.")),
});
