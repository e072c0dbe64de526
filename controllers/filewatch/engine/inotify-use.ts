import { readdirSync, readFileSync, readlinkSync } from "node:fs";

interface Limit {
  /** What there is not enough of. */
  readonly what: string;
  readonly used: number;
  readonly limit: number;
  /** The sysctl to raise it. */
  readonly setting: string;
  readonly advised: number;
}

/** Says which limit of the system was reached, how much of it is used, and how to raise it. */
export function limitMessage(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (process.platform !== "linux") return `the system gives no more watches (${code})`;
  const { what, used, limit, setting, advised } = code === "ENOSPC" ? watches() : instances();
  const use = `${used.toLocaleString("en-US")} of ${limit.toLocaleString("en-US")} ${what} are in use`;
  return `the system gives no more watches (${code}; ${use}): sudo sysctl ${setting}=${advised}`;
}

function watches(): Limit {
  const used = inotifyDescriptors().reduce((sum, path) => sum + watchesIn(path), 0);
  return { what: "inotify watches", used, ...leastLimit("watches"), advised: 524_288 };
}

function instances(): Limit {
  const used = inotifyDescriptors().length;
  return { what: "inotify instances", used, ...leastLimit("instances"), advised: 1024 };
}

/** In a container the limit of its user namespace may be the lower one. */
function leastLimit(what: "watches" | "instances"): Pick<Limit, "limit" | "setting"> {
  const settings = [`fs.inotify.max_user_${what}`, `user.max_inotify_${what}`];
  const limits = settings.map((setting) => ({ setting, limit: numberIn(setting) }));
  return limits.reduce((least, one) => (one.limit < least.limit ? one : least));
}

const numberIn = (setting: string): number =>
  Number(attempt(() => readFileSync(`/proc/sys/${setting.replaceAll(".", "/")}`, "utf8")) ?? Infinity);

const watchesIn = (path: string): number =>
  (attempt(() => readFileSync(path, "utf8")) ?? "").split("\n").filter((line) => line.startsWith("inotify "))
    .length;

/** Of all processes that may be looked at: those of this user. */
function inotifyDescriptors(): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) =>
    (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [])
      .filter((fd) => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`))?.includes("inotify"))
      .map((fd) => `/proc/${pid}/fdinfo/${fd}`),
  );
}

/** Processes come and go, and some are not ours to look at. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
