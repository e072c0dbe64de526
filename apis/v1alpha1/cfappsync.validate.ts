import path from "node:path/posix";
import type { FieldError } from "../errors.ts";
import { millisecondsOf } from "../duration.ts";
import { compilePattern } from "../regexp/index.ts";

interface Checked {
  target?: { api?: string; org?: string; space?: string; allowInsecure?: boolean };
  remotePath?: string;
  localPath: string;
  deletePolicy?: string;
  confirmMirror?: boolean;
  trigger?: { mode?: string; buildCmd?: string; debounce?: string; maxWait?: string };
  push?: { timeout?: string };
  ssh?: { hostKey?: string; fingerprint?: string; keepalive?: string; connectTimeout?: string };
  restart?: {
    mode?: string;
    command?: string[];
    grace?: string;
    readiness?: { port?: number; http?: string; log?: string; timeout?: string };
  };
  persistIdle?: string;
}

const FINGERPRINT =
  /^((SHA256:)?[A-Za-z0-9+/]{43}=?|[0-9a-fA-F]{64}|([0-9a-fA-F]{2}:){19}[0-9a-fA-F]{2}|(MD5:)?([0-9a-fA-F]{2}:){15}[0-9a-fA-F]{2})$/;

/** What the schema of a CFAppSync cannot say. */
export function validateCFAppSync(spec: Checked): FieldError[] {
  return [
    ...validateTarget(spec),
    ...validatePaths(spec),
    ...validateRestart(spec),
    ...validateChoices(spec),
    ...validateSsh(spec),
    ...validateTimes(spec),
  ];
}

const required = (field: string, message: string): FieldError => ({
  field,
  message,
  reason: "FieldValueRequired",
});

function validateTarget({ target }: Checked): FieldError[] {
  if (!target) return [];
  const errors: FieldError[] = [];
  const field = "spec.target.api";
  if (target.api !== undefined && !/^https?:\/\/[^/\s]+/.test(target.api))
    errors.push({
      field,
      message: "must be the address of a Cloud Controller, such as https://api.example.com",
    });
  else if (target.api?.startsWith("http:") && !target.allowInsecure)
    errors.push({ field, message: "must be an https address, unless allowInsecure is true" });
  if (!target.org !== !target.space)
    errors.push(required("spec.target", "give both org and space, or neither"));
  return errors;
}

function validatePaths({ remotePath = "/home/vcap/app", localPath }: Checked): FieldError[] {
  const errors: FieldError[] = [];
  const field = "spec.remotePath";
  const clean = path.normalize(remotePath).replace(/\/$/, "");
  if (["", "/home", "/home/vcap"].includes(clean))
    errors.push({ field, message: `"${remotePath}" holds more than the app; name a directory below it` });
  else if (clean !== remotePath.replace(/\/$/, "") || remotePath.includes("\0"))
    errors.push({ field, message: `must be a path without "." and ".."; that would be ${clean}` });
  if (path.normalize(localPath).replaceAll("/", "") === "")
    errors.push({
      field: "spec.localPath",
      message: "must be the directory of the app, and not all there is",
    });
  if (/\.(zip|jar|war|ear|tgz|tar\.gz)$/i.test(localPath)) {
    errors.push({
      field: "spec.localPath",
      message: "must be a directory; name the one the archive is made from",
    });
  }
  return errors;
}

function validateRestart({ restart }: Checked): FieldError[] {
  if (!restart) return [];
  const errors: FieldError[] = [];
  const { mode, command, readiness } = restart;
  if (mode === "Command" && !command)
    errors.push(required("spec.restart.command", "required by mode Command"));
  const problem = readiness?.log === undefined ? undefined : patternProblem(readiness.log);
  if (problem)
    errors.push({
      field: "spec.restart.readiness.log",
      message: `must be a regular expression in the syntax of RE2: ${problem}`,
    });
  if (readiness?.http !== undefined && !/^\/[^\s]*$/.test(readiness.http))
    errors.push({ field: "spec.restart.readiness.http", message: "must be a path, such as /healthz" });
  return errors;
}

function patternProblem(source: string): string | undefined {
  try {
    compilePattern(source);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function validateChoices({ deletePolicy, confirmMirror, trigger }: Checked): FieldError[] {
  const errors: FieldError[] = [];
  if (deletePolicy === "Mirror" && !confirmMirror) {
    errors.push({
      field: "spec.confirmMirror",
      message: "must be true for deletePolicy Mirror, which deletes remote files",
    });
  }
  if (trigger?.mode === "Source" && !trigger.buildCmd)
    errors.push(required("spec.trigger.buildCmd", "required by mode Source"));
  return errors;
}

function validateSsh({ ssh }: Checked): FieldError[] {
  if (ssh?.fingerprint === undefined && ssh?.hostKey !== "Pinned") return [];
  if (FINGERPRINT.test(ssh.fingerprint ?? "")) return [];
  const field = "spec.ssh.fingerprint";
  if (ssh.fingerprint === undefined) return [required(field, "required by hostKey Pinned")];
  return [{ field, message: "must be a fingerprint of a host key, such as SHA256:…, or as MD5 in hex" }];
}

type Range = readonly [field: string, duration: string | undefined, minMs: number, maxMs: number];

const HOUR = 3_600_000;

function validateTimes({ trigger, ssh, push, restart, persistIdle }: Checked): FieldError[] {
  const ranges: readonly Range[] = [
    ["spec.trigger.debounce", trigger?.debounce, 0, 5000],
    ["spec.trigger.maxWait", trigger?.maxWait, 0, HOUR],
    ["spec.push.timeout", push?.timeout, 1000, 24 * HOUR],
    ["spec.ssh.keepalive", ssh?.keepalive, 1000, HOUR / 6],
    ["spec.ssh.connectTimeout", ssh?.connectTimeout, 1000, HOUR / 12],
    ["spec.restart.grace", restart?.grace, 0, 60_000],
    ["spec.restart.readiness.timeout", restart?.readiness?.timeout, 1000, HOUR],
    ["spec.persistIdle", persistIdle, 1000, 24 * HOUR],
  ];
  return ranges.flatMap(([field, duration, minMs, maxMs]) => {
    const ms = duration === undefined ? undefined : millisecondsOf(duration);
    if (ms === undefined || (ms >= minMs && ms <= maxMs)) return [];
    const atLeast = minMs > 0 ? `at least ${textOf(minMs)} and ` : "";
    return [{ field, message: `must be ${atLeast}at most ${textOf(maxMs)}` }];
  });
}

const textOf = (ms: number): string =>
  ms % HOUR === 0 ? `${ms / HOUR}h` : ms % 60_000 === 0 && ms > 60_000 ? `${ms / 60_000}m` : `${ms / 1000}s`;
