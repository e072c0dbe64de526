import { Type, type Static } from "typebox";
import type { FieldError } from "../errors.ts";
import { defineKind, type ObjectOf } from "../kind.ts";
import { commonStatus, Defaulted, described, Duration, Enum, ListMap, MicroTime } from "../meta.ts";
import { Cause } from "./common/cause.ts";
import { dependsOn, disabled, RestartOn } from "./common/dependency.ts";
import { Probe } from "./common/probe.ts";
import { validateProcess } from "./localprocess.validate.ts";

const Backoff = Type.Object(
  {
    initial: Defaulted(
      Duration({ description: "Wait after the first crash; doubles with each further one." }),
      "500ms",
    ),
    max: Defaulted(Duration({ description: "The longest wait." }), "30s"),
    resetAfter: Defaulted(
      Duration({ description: "A run that lasted this long starts the count afresh." }),
      "60s",
    ),
  },
  { description: "Waits between restarts of a process that keeps exiting." },
);

const Stop = Type.Object(
  {
    signal: Defaulted(
      Enum(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2"], {
        description: "Sent to the whole process group.",
      }),
      "SIGTERM",
    ),
    gracePeriodSeconds: Defaulted(
      Type.Integer({ minimum: 0, maximum: 3600, description: "Seconds until SIGKILL." }),
      10,
    ),
    argv: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: "A command to run instead of sending the signal.",
      }),
    ),
  },
  { description: "How to end it. Stopped means that its process group is empty." },
);

const Port = Type.Object({
  name: Type.String({
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    maxLength: 63,
    description: "Name to refer to.",
  }),
  port: Defaulted(
    Type.Integer({ minimum: 0, maximum: 65_535, description: "The port, or 0 to have a free one chosen." }),
    0,
  ),
});

/** What is executed, and how; also the template inside a LocalResource. */
export const LocalProcessSpec = Type.Object({
  argv: Type.Array(Type.String(), { minItems: 1, description: "Program and arguments, no shell." }),
  dir: Type.Optional(
    Type.String({ minLength: 1, description: "Working directory, relative to the root of the namespace." }),
  ),
  env: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: "Environment variables, over the inherited ones.",
    }),
  ),
  inheritEnv: Defaulted(Type.Boolean({ description: "Start from the environment of the server." }), true),
  daemon: Defaulted(
    Type.Boolean({ description: "It should always run: restart it whenever it exits." }),
    false,
  ),
  initialRun: Defaulted(
    Type.Boolean({
      description:
        "Run as soon as the object is there. If false it runs only when somebody asks (`tiltish trigger`); a change of what is executed then ends it, and it waits for the next request.",
    }),
    true,
  ),
  restartPolicy: Type.Optional(
    Enum(["Never", "OnFailure", "Always"], { description: "Default: Always for a daemon, else Never." }),
  ),
  backoff: Defaulted(Backoff, {}),
  maxRestarts: Type.Optional(
    Type.Integer({ minimum: 0, description: "Give up after this many restarts in a row. Default: never." }),
  ),
  successExitCodes: Defaulted(
    Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), {
      description: "Exit codes that count as success.",
    }),
    [0],
  ),
  readinessProbe: Type.Optional(
    described(Probe, "Says whether it is ready. Without one it is ready once it runs."),
  ),
  livenessProbe: Type.Optional(described(Probe, "When it fails, the process is restarted.")),
  startupProbe: Type.Optional(described(Probe, "Until it passes, the other probes do not ask.")),
  stop: Defaulted(Stop, {}),
  ports: Type.Optional(
    ListMap(Port, ["name"], { description: "Ports; `$(port:NAME)` in argv and env stands for the number." }),
  ),
  restartOn: Type.Optional(RestartOn),
  dependsOn,
  timeout: Type.Optional(
    Duration({ description: "Stop a run that takes longer; it then counts as failed." }),
  ),
  disabled,
});
export type LocalProcessSpec = Static<typeof LocalProcessSpec>;

const PROCESS_STATES = [
  "Waiting",
  "Starting",
  "Running",
  "Stopping",
  "Succeeded",
  "Failed",
  "BackOff",
  "Disabled",
] as const;

const PreviousRun = Type.Object(
  {
    run: Type.Integer({ description: "Its number." }),
    startTime: Type.Optional(MicroTime({ description: "When it started." })),
    finishTime: Type.Optional(MicroTime({ description: "When it ended. Absent if nobody saw it." })),
    exitCode: Type.Optional(Type.Integer({ description: "Its exit code." })),
    signal: Type.Optional(Type.String({ description: "Signal that ended it." })),
  },
  { description: "How the run before this one went." },
);

const status = Type.Object({
  ...commonStatus,
  state: Type.Optional(Enum([...PROCESS_STATES], { description: "Where it is in its life." })),
  pid: Type.Optional(Type.Integer({ description: "Process id. Absent unless it runs." })),
  startTime: Type.Optional(MicroTime({ description: "When the present or last run started." })),
  finishTime: Type.Optional(MicroTime({ description: "When the last run ended. Absent while it runs." })),
  exitCode: Type.Optional(Type.Integer({ description: "Exit code of the last run." })),
  signal: Type.Optional(Type.String({ description: "Signal that ended the last run." })),
  ready: Type.Optional(Type.Boolean({ description: "Whether it runs and its probes pass." })),
  restarts: Type.Optional(Type.Integer({ description: "Restarts in a row after an exit of its own." })),
  run: Type.Optional(Type.Integer({ description: "Number of this run, counted from 1." })),
  previousRun: Type.Optional(PreviousRun),
  host: Type.Optional(Type.String({ description: "Name of the machine on which it runs, or last ran." })),
  ports: Type.Optional(
    Type.Record(Type.String(), Type.Integer(), {
      description: "Port numbers by name, chosen ones included.",
    }),
  ),
  nextStartTime: Type.Optional(MicroTime({ description: "When a process in BackOff is started again." })),
  holdTime: Type.Optional(
    MicroTime({
      description:
        "Since when it does not run although it could: it was stopped by hand, or waits to be asked (spec.initialRun is false).",
    }),
  ),
  observedTrigger: Type.Optional(
    Type.String({ description: "The value of the trigger annotation that was last acted on." }),
  ),
  message: Type.Optional(Type.String({ description: "What happened last, or what it waits for." })),
  cause: Type.Optional(Cause),
});

/** One process on this machine, run as its spec says. */
export const LocalProcess = defineKind({
  names: { kind: "LocalProcess", plural: "localprocesses", short: ["lp"] },
  description: "One process on this machine, run as its spec says.",
  spec: LocalProcessSpec,
  status,
  log: true,
  trigger: true,
  validate: ({ spec }): FieldError[] => validateProcess(spec, "spec"),
  columns: [
    { name: "State", path: ".status.state", type: "string" },
    { name: "PID", path: ".status.pid", type: "integer" },
    { name: "Ready", path: ".status.ready", type: "boolean" },
    { name: "Exit", path: ".status.exitCode", type: "integer" },
    { name: "Restarts", path: ".status.restarts", type: "integer" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
    { name: "Run", path: ".status.run", type: "integer", priority: 1 },
    { name: "Message", path: ".status.message", type: "string", priority: 1 },
  ],
});
export type LocalProcess = ObjectOf<typeof LocalProcess>;
