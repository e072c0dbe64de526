import type { PushOptions } from "./app-handle.ts";
import { Platform, Uaa } from "./foundation/index.ts";
import type { LogLine, Timing } from "./instances/index.ts";

export interface SandboxOptions {
  /** Where everything is kept; it is emptied of what was made there when the sandbox is closed. */
  readonly directory: string;
  /** There and back, for every connection to it. */
  readonly latencyMs?: number;
  /** Of the API; default: any that is free. */
  readonly port?: number;
  /** Apps that are there to begin with. */
  readonly apps?: readonly ({ name: string; directory: string; command: string } & PushOptions)[];
  /** A disk quota ends the file system of a container; needs isolation. */
  readonly enforceQuota?: boolean;
  readonly timing?: Partial<Timing>;
  readonly tokenSeconds?: number;
  /** How long a code for ssh is good. */
  readonly codeSeconds?: number;
  /** Passwords by name. Default: admin, admin. */
  readonly users?: Readonly<Record<string, string>>;
  /** Hears every line that an app, or what stages it, prints. */
  readonly onLog?: (app: string, line: LogLine) => void;
}

export const USERS = { admin: "admin" };

const TIMING: Timing = { startMs: 100, intervalMs: 30_000, stopMs: 10_000, crashBackoffMs: 30_000 };

export function platformOf(options: SandboxOptions): Platform {
  const { directory, tokenSeconds = 600, codeSeconds = 300, enforceQuota = false, users = USERS } = options;
  const nameOf = (guid: string) => platform.apps.find((app) => app.guid === guid)?.name ?? guid;
  const platform = new Platform({
    directory,
    enforceQuota,
    timing: { ...TIMING, ...options.timing },
    uaa: new Uaa({ tokenSeconds, codeSeconds, users }),
    onLog: (guid: string, line: LogLine) => options.onLog?.(nameOf(guid), line),
    organization: "sandbox-org",
    space: "dev",
  });
  return platform;
}
