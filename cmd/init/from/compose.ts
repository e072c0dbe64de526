import { validName, type Draft, type Found } from "../draft.ts";
import { fields, list, parsedYaml, present, text, whole, type Fields } from "../yaml.ts";

const CONDITIONS: Readonly<Record<string, string>> = {
  service_started: "Started",
  service_healthy: "Ready",
  service_completed_successfully: "Completed",
};

/**
 * A compose file: each service stays a container, which compose runs in the foreground; tiltish starts, watches and
 * stops it, in the order of depends_on.
 */
export function fromCompose(source: string, file: string): Found {
  const { services, ...others } = parsedYaml(source, file);
  const drafts = Object.entries(fields(services)).map(([name, service]) =>
    draftOf(name, fields(service), file),
  );
  const watched = Object.entries(fields(services)).filter(([, service]) => fields(service)["develop"]);
  return {
    drafts,
    skipped: [
      ...watched.map(([name]) => `services.${name}.develop: docker compose watch is not taken over`),
      ...(others["include"] ? ["include: name those files with --from as well"] : []),
    ],
  };
}

function draftOf(name: string, service: Fields, file: string): Draft {
  const compose = ["docker", "compose", "-f", file];
  const spec = present({
    argv: [...compose, "up", "--no-deps", "--no-log-prefix", "--no-color", name],
    daemon: true,
    disabled: list(service["profiles"]).length > 0 || undefined,
    readinessProbe: probeOf(name, service, compose),
    stop: { argv: [...compose, "stop", name], gracePeriodSeconds: 30 },
    dependsOn: dependenciesOf(service),
  });
  return { kind: "LocalProcess", name: validName(name), comment: `${file}: service ${name}`, spec };
}

function dependenciesOf(service: Fields): object[] | undefined {
  const given = service["depends_on"];
  const pairs = Array.isArray(given)
    ? given.map((name) => [String(name), "service_started"] as const)
    : Object.entries(fields(given)).map(
        ([name, each]) => [name, text(fields(each)["condition"]) ?? "service_started"] as const,
      );
  const found = pairs.map(([name, condition]) => ({
    kind: "LocalProcess",
    name: validName(name),
    condition: CONDITIONS[condition] ?? "Ready",
  }));
  return found.length ? found : undefined;
}

/** Its own health check, asked inside of it; else its first port. */
function probeOf(name: string, service: Fields, compose: readonly string[]): object | undefined {
  const test = fields(service["healthcheck"])["test"];
  const inside = [...compose, "exec", "-T", name];
  if (typeof test === "string")
    return { exec: { command: [...inside, "sh", "-c", test] }, timeoutSeconds: 10 };
  const [how, ...words] = list(test).map(String);
  if (how === "CMD" && words.length) return { exec: { command: [...inside, ...words] }, timeoutSeconds: 10 };
  if (how === "CMD-SHELL")
    return { exec: { command: [...inside, "sh", "-c", words.join(" ")] }, timeoutSeconds: 10 };
  const port = list(service["ports"])
    .map(publishedPort)
    .find((one) => one !== undefined);
  return port === undefined ? undefined : { tcpSocket: { port } };
}

/** `8080:80`, `127.0.0.1:8080:80/tcp`, or the long form. */
function publishedPort(value: unknown): number | undefined {
  const long = whole(fields(value)["published"]);
  if (long) return long;
  const parts = (text(value) ?? "").replace(/\/\w+$/, "").split(":");
  const port = parts.length > 1 ? whole(parts.at(-2)) : undefined;
  return port && port <= 65_535 ? port : undefined;
}
