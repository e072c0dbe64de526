import { argvOf, validName, type Draft, type Found } from "../draft.ts";
import { environment, fields, list, parsedYaml, present, text, whole, type Fields } from "../yaml.ts";

const CONDITIONS: Readonly<Record<string, string>> = {
  process_started: "Started",
  process_healthy: "Ready",
  process_log_ready: "Ready",
  process_completed: "Completed",
  process_completed_successfully: "Completed",
};
const POLICIES: Readonly<Record<string, string>> = {
  always: "Always",
  on_failure: "OnFailure",
  exit_on_failure: "Never",
  no: "Never",
  false: "Never",
};
const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  9: "SIGKILL",
  10: "SIGUSR1",
  12: "SIGUSR2",
  15: "SIGTERM",
};
/** What has a place in our specs. */
const KNOWN = new Set([
  "command",
  "entrypoint",
  "working_dir",
  "environment",
  "depends_on",
  "availability",
  "readiness_probe",
  "liveness_probe",
  "shutdown",
  "disabled",
  "ready_log_line",
  "description",
]);

/** A process-compose.yaml: each process becomes a LocalProcess. */
export function fromProcessCompose(source: string, file: string): Found {
  const root = parsedYaml(source, file);
  const shared = environment(root["environment"]);
  const processes = Object.entries(fields(root["processes"])).map(([name, value]) => ({
    name,
    process: fields(value),
  }));
  const runnable = processes.filter(
    ({ process }) => text(process["command"]) ?? list(process["entrypoint"]).length,
  );
  return {
    drafts: runnable.map(({ name, process }) => draftOf(name, process, shared)),
    skipped: [
      ...processes.filter((one) => !runnable.includes(one)).map(({ name }) => `${name}: has no command`),
      ...processes.flatMap(({ name, process }) => unknownIn(name, process)),
    ],
  };
}

const unknownIn = (name: string, process: Fields): string[] =>
  Object.keys(process)
    .filter((field) => !KNOWN.has(field))
    .map((field) => `${name}.${field}: there is no such thing here`);

function draftOf(name: string, process: Fields, shared: Record<string, string> | undefined): Draft {
  const availability = fields(process["availability"]);
  const logLine = text(process["ready_log_line"]);
  const env = { ...shared, ...environment(process["environment"]) };
  const command = text(process["command"]);
  const spec = present({
    argv: command === undefined ? list(process["entrypoint"]).map(String) : argvOf(command),
    dir: text(process["working_dir"]),
    env: Object.keys(env).length ? env : undefined,
    restartPolicy: POLICIES[text(availability["restart"]) ?? "no"] ?? "Never",
    maxRestarts: whole(availability["max_restarts"]) || undefined,
    backoff: whole(availability["backoff_seconds"])
      ? { initial: `${whole(availability["backoff_seconds"])}s` }
      : undefined,
    readinessProbe: logLine
      ? { logLine: { pattern: escaped(logLine) } }
      : probeOf(process["readiness_probe"]),
    livenessProbe: probeOf(process["liveness_probe"]),
    stop: stopOf(fields(process["shutdown"])),
    dependsOn: dependenciesOf(process["depends_on"]),
    disabled: process["disabled"] === true || undefined,
  });
  const comment = text(process["description"]) ?? `process-compose: ${name}`;
  return { kind: "LocalProcess", name: validName(name), comment, spec };
}

/** There it is a text, here a pattern. */
const escaped = (line: string): string => line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function probeOf(value: unknown): object | undefined {
  const probe = fields(value);
  const { exec, http_get: http } = probe;
  const command = text(fields(exec)["command"]);
  const port = whole(fields(http)["port"]);
  if (command === undefined && !port) return undefined;
  const scheme = text(fields(http)["scheme"])?.toUpperCase();
  const get = { port, host: text(fields(http)["host"]), path: text(fields(http)["path"]), scheme };
  return present({
    ...(command === undefined ? { httpGet: present(get) } : { exec: { command: ["sh", "-c", command] } }),
    initialDelaySeconds: whole(probe["initial_delay_seconds"]),
    periodSeconds: whole(probe["period_seconds"]) || undefined,
    timeoutSeconds: whole(probe["timeout_seconds"]) || undefined,
    successThreshold: whole(probe["success_threshold"]) || undefined,
    failureThreshold: whole(probe["failure_threshold"]) || undefined,
  });
}

function stopOf({ signal, timeout_seconds: timeout, command }: Fields): object | undefined {
  const stop = present({
    signal: SIGNALS[whole(signal) ?? -1],
    gracePeriodSeconds: whole(timeout) || undefined,
    argv: text(command) === undefined ? undefined : argvOf(text(command)!),
  });
  return Object.keys(stop).length ? stop : undefined;
}

function dependenciesOf(value: unknown): object[] | undefined {
  const found = Object.entries(fields(value)).map(([name, each]) => ({
    kind: "LocalProcess",
    name: validName(name),
    condition: CONDITIONS[text(fields(each)["condition"]) ?? ""] ?? "Started",
  }));
  return found.length ? found : undefined;
}
