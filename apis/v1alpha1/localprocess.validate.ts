import type { FieldError } from "../errors.ts";
import { compilePattern } from "../regexp/index.ts";
import type { Probe } from "./common/probe.ts";
import type { LocalProcessSpec } from "./localprocess.ts";

const PROBES = ["readinessProbe", "livenessProbe", "startupProbe"] as const;
const HANDLERS = ["exec", "httpGet", "tcpSocket", "logLine"] as const;
const PORT_REFERENCE = /\$\(port:([^)]*)\)/g;

/** What the schema of a process cannot say; `at` is the path of the spec, such as `spec.serveTemplate`. */
export function validateProcess(spec: LocalProcessSpec, at: string): FieldError[] {
  const ports = new Set((spec.ports ?? []).map(({ name }) => name));
  return [
    ...program(spec, at),
    ...PROBES.flatMap((probe) => validateProbe(spec[probe], ports, `${at}.${probe}`)),
    ...(spec.argv ?? []).flatMap((arg, i) => unknownPorts(arg, ports, `${at}.argv[${i}]`)),
    ...Object.entries(spec.env ?? {}).flatMap(([name, value]) => variable(name, value, ports, `${at}.env`)),
  ];
}

function program(spec: LocalProcessSpec, at: string): FieldError[] {
  const errors = (spec.argv ?? []).flatMap((arg, i) =>
    arg.includes("\0") ? [{ field: `${at}.argv[${i}]`, message: "must not contain a NUL character" }] : [],
  );
  if (spec.argv?.[0]?.trim() === "")
    errors.push({ field: `${at}.argv[0]`, message: "the program must not be empty" });
  if (spec.dir?.includes("\0"))
    errors.push({ field: `${at}.dir`, message: "must not contain a NUL character" });
  return errors;
}

function variable(name: string, value: string, ports: Set<string>, at: string): FieldError[] {
  if (name === "" || /[=\0]/.test(name) || value.includes("\0")) {
    return [
      {
        field: `${at}[${JSON.stringify(name)}]`,
        message: "no environment variable can be called or hold that",
      },
    ];
  }
  return unknownPorts(value, ports, `${at}[${JSON.stringify(name)}]`);
}

function unknownPorts(text: string, ports: Set<string>, field: string): FieldError[] {
  return [...text.matchAll(PORT_REFERENCE)]
    .filter(([, name]) => !ports.has(name!))
    .map(([reference, name]) => ({ field, message: `${reference}: no port is named "${name}" in ports` }));
}

function validateProbe(probe: Probe | undefined, ports: Set<string>, at: string): FieldError[] {
  if (!probe) return [];
  const used = HANDLERS.filter((handler) => probe[handler] !== undefined);
  if (used.length !== 1) {
    const message = `give exactly one of ${HANDLERS.join(", ")}${used.length ? `, not ${used.join(" and ")}` : ""}`;
    return [{ field: at, message, reason: "FieldValueRequired" }];
  }
  const problem = probe.logLine && patternProblem(probe.logLine.pattern);
  if (problem) {
    const message = `must be a regular expression in the syntax of RE2: ${problem}`;
    return [{ field: `${at}.logLine.pattern`, message }];
  }
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port;
  if (typeof port !== "string" || ports.has(port)) return [];
  return [{ field: `${at}.${used[0]}.port`, message: `no port is named "${port}" in ports` }];
}

function patternProblem(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
