import { Type } from "typebox";
import { defineKind, type ObjectOf } from "../kind.ts";
import { Defaulted, Duration, Enum, ListSet } from "../meta.ts";
import { dependsOn, disabled } from "./common/dependency.ts";
import { cfAppSyncStatus } from "./cfappsync.status.ts";
import { validateCFAppSync } from "./cfappsync.validate.ts";

const path = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const globs = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 1000 }), { description }));
const flag = (value: boolean, description: string) => Defaulted(Type.Boolean({ description }), value);
const size = (value: string, description: string) =>
  Defaulted(Type.String({ pattern: "^[1-9][0-9]*(Ki|Mi|Gi)?$", description }), value);

const Target = Type.Object(
  {
    api: Type.Optional(Type.String({ minLength: 1, description: "Address of the Cloud Controller." })),
    org: Type.Optional(Type.String({ minLength: 1, description: "Organization." })),
    space: Type.Optional(Type.String({ minLength: 1, description: "Space." })),
    allowInsecure: flag(false, "Accept an api address without TLS."),
  },
  { description: "Where the app is. Default: what `cf target` says." },
);

const Trigger = Type.Object(
  {
    mode: Defaulted(
      Enum(["Build", "Source", "Manual"], {
        description:
          "Build: when the output changes. Source: when sources change, after buildCmd. Manual: on demand.",
      }),
      "Build",
    ),
    fileWatches: Type.Optional(
      ListSet(Type.String(), {
        description: "Names of FileWatches in the namespace. Default: one of its own for localPath.",
      }),
    ),
    buildCmd: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Name of the LocalResource that builds. While it builds, nothing is sent.",
      }),
    ),
    debounce: Defaulted(Duration({ description: "Wait for quiet, at most 5s." }), "50ms"),
    maxWait: Defaulted(Duration({ description: "Never hold a change back for longer." }), "2s"),
  },
  { description: "What starts a sync." },
);

const Push = Type.Object(
  {
    manifest: path("Manifest of the app."),
    vars: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: "Variables of the manifest." }),
    ),
    varsFiles: Type.Optional(Type.Array(Type.String(), { description: "Files with such variables." })),
    strategy: Defaulted(
      Enum(["Restart", "Rolling", "Canary"], { description: "How instances are replaced." }),
      "Restart",
    ),
    healthCheckType: Defaulted(
      Enum(["process", "keep"], { description: "Health check while syncing." }),
      "process",
    ),
    wrapCommand: flag(true, "Start the app under the supervisor."),
    timeout: Defaulted(Duration({ description: "Give up after this long." }), "15m"),
  },
  { description: "How a full deploy is done." },
);

const Ssh = Type.Object(
  {
    engine: Defaulted(
      Enum(["Auto", "Agent", "SFTP", "Rsync"], { description: "What moves the files." }),
      "Auto",
    ),
    process: Defaulted(Type.String({ description: "Process type of the app." }), "web"),
    hostKey: Defaulted(
      Enum(["Strict", "Pinned", "Insecure"], { description: "How the host is verified." }),
      "Strict",
    ),
    fingerprint: Type.Optional(Type.String({ description: "Fingerprint for Pinned." })),
    keepalive: Defaulted(Duration({ description: "Time between keep-alives, 1s to 10m." }), "20s"),
    connectTimeout: Defaulted(
      Duration({ description: "Give up connecting after this long, 1s to 5m." }),
      "10s",
    ),
  },
  { description: "The ssh transport." },
);

const FastPush = Type.Object(
  {
    url: Type.Optional(
      Type.String({ pattern: "^https?://", description: "Address of the app. Default: its route." }),
    ),
    basePath: Defaulted(
      Type.String({ pattern: "^/", description: "Where the endpoints are." }),
      "/_fastpush",
    ),
    tokenEnv: Type.Optional(Type.String({ description: "Environment variable that holds the token." })),
    caFile: path("Certificates to trust."),
    skipVerify: flag(false, "Do not verify the certificate."),
    extensions: Defaulted(
      Enum(["Auto", "Off"], { description: "Use our extensions where the app has them." }),
      "Auto",
    ),
  },
  { description: "The HTTP transport." },
);

/** Those that end a program, or are taken for that by one. */
const SIGNALS = ["TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "USR2", "ALRM", "ABRT", "WINCH"] as const;
const FULL_NAMES = SIGNALS.map((name) => `SIG${name}` as const);

const Restart = Type.Object(
  {
    mode: Defaulted(
      Enum(["Supervisor", "Command", "None"], { description: "Who restarts the app." }),
      "Supervisor",
    ),
    command: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: "Command that restarts it. It runs in remotePath, and has two minutes.",
      }),
    ),
    match: globs("Restart only for these files."),
    skip: globs("Never restart for these files."),
    signal: Defaulted(
      Enum([...SIGNALS, ...FULL_NAMES], { description: "Signal that ends the app." }),
      "TERM",
    ),
    grace: Defaulted(Duration({ description: "Time until KILL, at most 60s." }), "5s"),
    readiness: Type.Optional(
      Type.Object(
        {
          port: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 65_535, description: "Port that must answer." }),
          ),
          http: Type.Optional(Type.String({ description: "Path that must answer." })),
          log: Type.Optional(
            Type.String({ maxLength: 1000, format: "regex", description: "Line that must appear." }),
          ),
          timeout: Defaulted(Duration({ description: "Give up after this long." }), "60s"),
        },
        { description: "When the restarted app counts as ready." },
      ),
    ),
  },
  { description: "How the app is restarted after a sync." },
);

const Limits = Type.Object(
  {
    maxFile: size("200Mi", "Largest file."),
    maxSet: size("500Mi", "Largest set of changes."),
    maxFiles: Defaulted(Type.Integer({ minimum: 1, description: "Most files." }), 50_000),
    deltaOver: size("256Ki", "Files above this are sent as differences."),
  },
  { description: "What is refused." },
);

const Fallback = Type.Object(
  {
    afterFailures: Defaulted(
      Type.Integer({ minimum: 1, description: "Failures before the next transport." }),
      3,
    ),
    toPush: flag(true, "A full deploy is the last resort."),
    onInstanceReplaced: Defaulted(
      Enum(["Resync", "Push"], { description: "When an instance is new." }),
      "Resync",
    ),
  },
  { description: "What to do when a transport fails." },
);

const spec = Type.Object({
  appName: Type.String({
    minLength: 1,
    maxLength: 255,
    pattern: "^[^/\\u0000-\\u001f]+$",
    description: "Name of the app.",
  }),
  target: Type.Optional(Target),
  cfHome: path("Directory that holds .cf/config.json. Default: $CF_HOME, else the home directory."),
  localPath: Type.String({
    minLength: 1,
    description: "Directory to sync, relative to the root of the namespace.",
  }),
  remotePath: Defaulted(
    Type.String({ pattern: "^/", description: "Directory in the container." }),
    "/home/vcap/app",
  ),
  ignores: Defaulted(
    Type.Array(Type.String({ maxLength: 1000 }), { description: "Lines as in a .gitignore." }),
    [],
  ),
  useCFIgnore: flag(true, "Honour .cfignore."),
  trigger: Defaulted(Trigger, {}),
  initialDeploy: Defaulted(
    Enum(["IfMissing", "Always", "Never"], { description: "Whether to deploy first." }),
    "IfMissing",
  ),
  push: Defaulted(Push, {}),
  transport: Defaulted(
    Enum(["Auto", "SSH", "FastPush", "Push"], { description: "How files get there." }),
    "Auto",
  ),
  ssh: Defaulted(Ssh, {}),
  fastPush: Defaulted(FastPush, {}),
  restart: Defaulted(Restart, {}),
  deletePolicy: Defaulted(
    Enum(["Tracked", "Mirror", "Never"], { description: "Which remote files may be deleted." }),
    "Tracked",
  ),
  confirmMirror: flag(false, "Required for deletePolicy Mirror."),
  instances: Defaulted(
    Type.Union(
      [Enum(["All"]), Type.Array(Type.Integer({ minimum: 0 }), { uniqueItems: true, minItems: 1 })],
      {
        description: "Instances to sync: All, or a list of indexes.",
        "x-kubernetes-preserve-unknown-fields": true,
      },
    ),
    "All",
  ),
  limits: Defaulted(Limits, {}),
  fullDeployOn: globs(
    "Changes of these files need a full deploy; a glob without a slash is about names anywhere. Default, all of them in localPath itself: manifest*.yml, Procfile, .profile.d, and lock files of package managers; and push.manifest with push.varsFiles, wherever they are.",
  ),
  fallback: Defaulted(Fallback, {}),
  persist: Defaulted(
    Enum(["Off", "OnIdle", "OnStop"], {
      description:
        "When the present files are baked into a droplet. OnIdle: after persistIdle without a change. OnStop: when it is stopped by hand, or disabled.",
    }),
    "Off",
  ),
  persistIdle: Defaulted(Duration({ description: "How long is idle." }), "10m"),
  dependsOn,
  disabled,
});

/** Keeps a Cloud Foundry app in step with a local directory. */
export const CFAppSync = defineKind({
  names: { kind: "CFAppSync", plural: "cfappsyncs", short: ["cfs"] },
  description: "Keeps a Cloud Foundry app in step with a local directory, and restarts it with each change.",
  spec,
  status: cfAppSyncStatus,
  log: true,
  trigger: true,
  validate: ({ spec }) => validateCFAppSync(spec),
  columns: [
    { name: "App", path: ".spec.appName", type: "string" },
    { name: "State", path: ".status.state", type: "string" },
    { name: "Revision", path: ".status.revision.remote.number", type: "integer" },
    { name: "Pending", path: ".status.pending.count", type: "integer" },
    { name: "Last-Sync", path: ".status.lastSync.finishTime", type: "date" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
  ],
});
export type CFAppSync = ObjectOf<typeof CFAppSync>;
