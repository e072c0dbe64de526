import { OWNER_VARIABLE } from "./mark.ts";

export interface EnvironmentInput {
  env?: Record<string, string>;
  inheritEnv: boolean;
  ports: Record<string, number>;
  /** Where it runs; programs that ask for PWD instead of the system must not be told where the server runs. */
  dir: string;
  owner: string;
  traceparent?: string;
  tracestate?: string;
}

/** The environment of a process: what is inherited, over it what the spec says, over all the mark of its owner. */
export function environmentOf(input: EnvironmentInput): Record<string, string> {
  const { env = {}, inheritEnv, ports, dir, owner, traceparent, tracestate } = input;
  const own = Object.entries(env).map(([name, value]) => [name, expandPorts(value, ports)] as const);
  return {
    ...(inheritEnv ? { ...inherited(), PWD: dir } : {}),
    ...(traceparent && { TRACEPARENT: traceparent }),
    ...(tracestate && { TRACESTATE: tracestate }),
    ...Object.fromEntries(own),
    [OWNER_VARIABLE]: owner,
  };
}

/** `$(port:web)` → `8080`. */
export const expandPorts = (text: string, ports: Record<string, number>): string =>
  text.replaceAll(/\$\(port:([^)]*)\)/g, (reference, name: string) => String(ports[name] ?? reference));

/** Ours without what is the server's own business: its credentials, and the trace that it was started in. */
function inherited(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isPrivate(entry[0]),
  );
  return Object.fromEntries(entries);
}

const isPrivate = (name: string): boolean =>
  /^TILTISH_.*(TOKEN|SECRET|PASSWORD)/.test(name) ||
  name === "TRACEPARENT" ||
  name === "TRACESTATE" ||
  name === "OLDPWD";
