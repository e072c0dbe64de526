import path from "node:path/posix";
import type { FieldError } from "../errors.ts";
import { millisecondsOf } from "../duration.ts";

interface Checked {
  target?: { api?: string; org?: string; space?: string; allowInsecure?: boolean };
  remotePath?: string;
  localPath: string;
  deletePolicy?: string;
  confirmMirror?: boolean;
  trigger?: { mode?: string; buildCmd?: string; debounce?: string };
  ssh?: { hostKey?: string; fingerprint?: string };
  restart?: { mode?: string; command?: string[]; grace?: string };
}

const FINGERPRINT = /^(SHA256:[A-Za-z0-9+/]{43}=?|(MD5:)?([0-9a-f]{2}:){15}[0-9a-f]{2})$/;

/** What the schema of a CFAppSync cannot say. */
export function validateCFAppSync(spec: Checked): FieldError[] {
  return [
    ...validateTarget(spec),
    ...validatePaths(spec),
    ...validateRestart(spec),
    ...validateChoices(spec),
  ];
}

function validateTarget({ target }: Checked): FieldError[] {
  if (!target) return [];
  const errors: FieldError[] = [];
  if (target.api && !target.api.startsWith("https://") && !target.allowInsecure) {
    errors.push({
      field: "spec.target.api",
      message: "must be an https address, unless allowInsecure is true",
    });
  }
  if (!target.org !== !target.space) {
    errors.push({
      field: "spec.target",
      message: "give both org and space, or neither",
      reason: "FieldValueRequired",
    });
  }
  return errors;
}

function validatePaths({ remotePath, localPath }: Checked): FieldError[] {
  const errors: FieldError[] = [];
  const clean = path.normalize(remotePath ?? "/home/vcap/app").replace(/\/$/, "");
  if (clean === "" || clean === "/home/vcap") {
    errors.push({
      field: "spec.remotePath",
      message: `"${remotePath}" holds more than the app; name a directory below it`,
    });
  }
  if (/\.(zip|jar|war)$/.test(localPath)) {
    errors.push({
      field: "spec.localPath",
      message: "must be a directory; name the one the archive is made from",
    });
  }
  return errors;
}

function validateRestart({ restart }: Checked): FieldError[] {
  const errors: FieldError[] = [];
  if (restart?.mode === "Command" && !restart.command) {
    errors.push({
      field: "spec.restart.command",
      message: "required by mode Command",
      reason: "FieldValueRequired",
    });
  }
  if (over(restart?.grace, 60_000))
    errors.push({ field: "spec.restart.grace", message: "must be at most 60s" });
  return errors;
}

function validateChoices({ deletePolicy, confirmMirror, trigger, ssh }: Checked): FieldError[] {
  const errors: FieldError[] = [];
  if (deletePolicy === "Mirror" && !confirmMirror) {
    errors.push({
      field: "spec.confirmMirror",
      message: "must be true for deletePolicy Mirror, which deletes remote files",
    });
  }
  if (trigger?.mode === "Source" && !trigger.buildCmd) {
    errors.push({
      field: "spec.trigger.buildCmd",
      message: "required by mode Source",
      reason: "FieldValueRequired",
    });
  }
  if (over(trigger?.debounce, 5000))
    errors.push({ field: "spec.trigger.debounce", message: "must be at most 5s" });
  if (ssh?.hostKey === "Pinned" && !FINGERPRINT.test(ssh.fingerprint ?? "")) {
    errors.push({
      field: "spec.ssh.fingerprint",
      message: "must be a fingerprint such as SHA256:… for hostKey Pinned",
    });
  }
  return errors;
}

const over = (duration: string | undefined, limitMs: number): boolean =>
  duration !== undefined && (millisecondsOf(duration) ?? 0) > limitMs;
