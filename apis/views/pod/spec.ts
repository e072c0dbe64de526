import type { LocalProcess, LocalProcessSpec, Probe } from "../../v1alpha1/index.ts";
import type { Container, PodSpec } from "./schema.ts";

/** What `kubectl logs` puts before a line, and what `-c` takes. */
export const CONTAINER = "process";

export function podSpecOf({ spec, status }: LocalProcess): PodSpec {
  return {
    containers: [containerOf(spec, status?.ports ?? {})],
    restartPolicy: spec.restartPolicy ?? (spec.daemon ? "Always" : "Never"),
    terminationGracePeriodSeconds: spec.stop.gracePeriodSeconds,
    ...(status?.host !== undefined && { nodeName: nodeNameOf(status.host) }),
    hostNetwork: true,
  };
}

/** A name that a Node may have: labels of letters, digits and dashes, at most 253 characters in all. */
export const nodeNameOf = (host: string): string =>
  host
    .toLowerCase()
    .slice(0, 253)
    .split(".")
    .map((label) => label.replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, ""))
    .filter((label) => label !== "")
    .join(".") || "localhost";

export const imageOf = ({ argv }: LocalProcessSpec): string => argv[0] ?? "";

function containerOf(spec: LocalProcessSpec, ports: Readonly<Record<string, number>>): Container {
  const { argv, dir, env = {} } = spec;
  return {
    name: CONTAINER,
    image: imageOf(spec),
    command: argv.slice(0, 1),
    ...(argv.length > 1 && { args: argv.slice(1) }),
    ...(dir !== undefined && { workingDir: dir }),
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    ports: portsOf(spec, ports),
    ...probesOf(spec),
    resources: {},
  };
}

/** A port that is yet to be chosen is none. */
const portsOf = ({ ports = [] }: LocalProcessSpec, chosen: Readonly<Record<string, number>>) =>
  ports
    .map(({ name, port }) => ({ name, number: chosen[name] ?? port }))
    .filter(({ number }) => number > 0)
    .map(({ name, number }) => ({ name, containerPort: number, hostPort: number, protocol: "TCP" }));

const PROBES = ["livenessProbe", "readinessProbe", "startupProbe"] as const;

const probesOf = (spec: LocalProcessSpec): Partial<Container> =>
  Object.fromEntries(
    PROBES.flatMap((name) => {
      const probe = spec[name];
      return probe && hasHandler(probe) ? [[name, withoutLogLine(probe)]] : [];
    }),
  );

/** Kubernetes has no probe that looks at the log. */
const hasHandler = ({ exec, httpGet, tcpSocket }: Probe): boolean =>
  (exec ?? httpGet ?? tcpSocket) !== undefined;

function withoutLogLine({ logLine: _, ...probe }: Probe) {
  return probe;
}
