import { Type, type Static, type TObject, type TProperties } from "typebox";
import { Enum, ListMap, Time } from "../../meta.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));
const count = (description: string) => Type.Optional(Type.Integer({ description }));
const flag = (description: string) => Type.Optional(Type.Boolean({ description }));
const time = (description: string) => Type.Optional(Time({ description }));
const words = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));
const part = <T extends TProperties>(description: string, fields: T) =>
  Type.Optional(Type.Object(fields, { description }));

const port = Type.Union([Type.Integer(), Type.String()], {
  description: "Number of the port, or its name.",
  "x-kubernetes-int-or-string": true,
});

const Probe = {
  exec: part("Passes when the program exits with 0.", { command: words("Program and arguments.") }),
  httpGet: part("Passes on a status of 200 to 399.", {
    path: text("Path and query."),
    port,
    host: text("Host to connect to."),
    scheme: text("HTTP or HTTPS."),
    httpHeaders: Type.Optional(
      Type.Array(
        Type.Object({
          name: Type.String({ description: "Name of the header." }),
          value: Type.String({ description: "Its value." }),
        }),
        { description: "Headers to send." },
      ),
    ),
  }),
  tcpSocket: part("Passes when a connection can be made.", { port, host: text("Host to connect to.") }),
  initialDelaySeconds: count("Seconds from the start to the first attempt."),
  timeoutSeconds: count("Seconds after which an attempt counts as failed."),
  periodSeconds: count("Seconds between attempts."),
  successThreshold: count("Successes in a row that turn it to passing."),
  failureThreshold: count("Failures in a row that turn it to failing."),
};

const EnvVar = Type.Object({
  name: Type.String({ description: "Name of the variable." }),
  value: text("Its value."),
});

const ContainerPort = Type.Object({
  name: text("Its name."),
  containerPort: Type.Integer({ description: "Its number." }),
  hostPort: count("The same: the process is on this machine."),
  protocol: text("TCP."),
});

const Container = Type.Object({
  name: Type.String({ description: "Always `process`." }),
  image: text("The program that is run: there are no images."),
  command: words("The program."),
  args: words("Its arguments."),
  workingDir: text("Directory that it runs in, relative to the root of the namespace."),
  env: Type.Optional(ListMap(EnvVar, ["name"], { description: "Environment variables." })),
  ports: Type.Optional(
    ListMap(ContainerPort, ["containerPort", "protocol"], { description: "Ports that are known." }),
  ),
  livenessProbe: part("When it fails, the process is restarted.", Probe),
  readinessProbe: part("Says whether the process is ready.", Probe),
  startupProbe: part("Until it passes, the other probes do not ask.", Probe),
  resources: part("None are limited.", {}),
});

const Terminated = {
  exitCode: Type.Integer({ description: "Exit code; 128 and the number of the signal that ended it." }),
  signal: count("Number of the signal that ended it."),
  reason: text("Completed, Error, or ContainerStatusUnknown when nobody saw the end."),
  message: text("The same for people."),
  startedAt: time("When the run started."),
  finishedAt: time("When it ended."),
  containerID: text("Names the run."),
};

const ContainerState = {
  waiting: part("It does not run yet.", {
    reason: text("Why, as one word."),
    message: text("The same for people."),
  }),
  running: part("It runs.", { startedAt: time("Since when.") }),
  terminated: part("It has ended.", Terminated),
};

const ContainerStatus = Type.Object({
  name: Type.String({ description: "Always `process`." }),
  state: part("What it is doing.", ContainerState),
  lastState: part("How the run before ended.", ContainerState),
  ready: Type.Boolean({ description: "Whether it runs and its probes pass." }),
  started: flag("Whether its startup probe has passed."),
  restartCount: Type.Integer({ description: "Runs before this one, whatever started them." }),
  image: Type.String({ description: "The program that is run." }),
  imageID: Type.String({ description: "Empty: there are no images." }),
  containerID: text("Names the run."),
});

const PodCondition = Type.Object({
  type: Type.String({ description: "PodScheduled, Initialized, ContainersReady or Ready." }),
  status: Enum(["True", "False"], { description: "Whether it holds." }),
  reason: text("Why not, as one word."),
  message: text("The same for people."),
  lastTransitionTime: time("When that last changed."),
});

const Address = Type.Object({ ip: Type.String({ description: "The address." }) });

const PodSpec = {
  containers: ListMap(Container, ["name"], { description: "The one process." }),
  restartPolicy: Enum(["Always", "OnFailure", "Never"], { description: "When it is run again." }),
  terminationGracePeriodSeconds: count("Seconds that it is given to end."),
  nodeName: text("The machine on which it runs, or last ran."),
  hostNetwork: flag("It has the network of this machine."),
};

const PodStatus = {
  phase: Enum(["Pending", "Running", "Succeeded", "Failed"], { description: "Where it is in its life." }),
  conditions: ListMap(PodCondition, ["type"], { description: "What holds of it." }),
  message: text("What happened last, or what it waits for."),
  hostIP: text("Address of the machine."),
  hostIPs: Type.Optional(Type.Array(Address, { description: "The same as a list." })),
  podIP: text("Where its ports are."),
  podIPs: Type.Optional(Type.Array(Address, { description: "The same as a list." })),
  startTime: time("When it was first known."),
  containerStatuses: Type.Array(ContainerStatus, { description: "How the process is." }),
  qosClass: text("BestEffort: nothing is guaranteed or limited."),
};

/** As much of a `v1` Pod as there is of a process. */
export const podFields = {
  spec: Type.Object(PodSpec, { description: "How the process is run." }),
  status: Type.Object(PodStatus, { description: "How it is." }),
};

export type PodFields = Static<TObject<typeof podFields>>;
export type PodSpec = PodFields["spec"];
export type PodStatus = PodFields["status"];
export type Container = PodSpec["containers"][number];
export type ContainerStatus = PodStatus["containerStatuses"][number];
export type ContainerState = NonNullable<ContainerStatus["state"]>;
export type PodCondition = PodStatus["conditions"][number];
