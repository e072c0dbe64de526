import { existsSync, readdirSync, readFileSync, readlinkSync, statfsSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { fail, ok, warn, type CheckContext, type Finding } from "./check.ts";

const isLinux = platform() === "linux";

/** Below this much room a large project does not fit. */
const FEW_WATCHES = 10_000;

export function watches(): Finding {
  const name = "inotify watches";
  if (!isLinux) return ok(name, "not used on this system");
  const limit = numberIn("/proc/sys/fs/inotify/max_user_watches");
  const used = usedWatches();
  const message = `${used} of ${limit} in use by you`;
  const fix = "sudo sysctl fs.inotify.max_user_watches=524288";
  if (limit - used < FEW_WATCHES / 10) return fail(name, message, fix);
  return limit - used < FEW_WATCHES ? warn(name, message, fix) : ok(name, message);
}

export function instances(): Finding {
  const name = "inotify instances";
  if (!isLinux) return ok(name, "not used on this system");
  const limit = numberIn("/proc/sys/fs/inotify/max_user_instances");
  const used = inotifyFds().length;
  const message = `${used} of ${limit} in use by you`;
  const fix = "sudo sysctl fs.inotify.max_user_instances=1024";
  return limit - used < 8 ? warn(name, message, fix) : ok(name, message);
}

const numberIn = (path: string): number => Number(readFileSync(path, "utf8"));

function usedWatches(): number {
  return inotifyFds()
    .map(({ pid, fd }) => attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8")) ?? "")
    .reduce((sum, text) => sum + text.split("\n").filter((line) => line.startsWith("inotify ")).length, 0);
}

function inotifyFds(): { pid: string; fd: string }[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) =>
    (attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [])
      .filter((fd) => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`))?.includes("inotify"))
      .map((fd) => ({ pid, fd })),
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

const FEW_FILES = 1024;

export function openFiles(): Finding {
  const name = "open files";
  const limits = attempt(() => readFileSync("/proc/self/limits", "utf8"));
  const soft = /^Max open files\s+(\S+)/m.exec(limits ?? "")?.[1];
  if (soft === undefined) return ok(name, "limit not known on this system");
  return soft !== "unlimited" && Number(soft) < FEW_FILES
    ? warn(name, `limit ${soft}`, "ulimit -n 4096")
    : ok(name, `limit ${soft}`);
}

/** File systems that do not tell of changes that others make, by the magic number of statfs. */
const SILENT: Record<number, string> = {
  0x6969: "NFS",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB2",
  0x01021997: "9p (WSL, virtual machines)",
  0x65735546: "FUSE",
};

export function projectFiles({ root }: CheckContext): Finding {
  const type = attempt(() => statfsSync(root).type);
  const silent = type === undefined ? undefined : SILENT[type];
  if (silent === undefined) return ok("project files", root);
  return warn(
    "project files",
    `${root} is on ${silent}: changes may not be seen`,
    "set poll: 1s in its watches",
  );
}

export function stateFiles({ stateDir }: CheckContext): Finding {
  const type = attempt(() => statfsSync(existsSync(stateDir) ? stateDir : "/").type);
  const silent = type === undefined ? undefined : SILENT[type];
  return silent === undefined
    ? ok("state directory", stateDir)
    : fail("state directory", `${stateDir} is on ${silent}`, "put it on a local disk: --state-dir");
}

/** What a server that died has left running, if nobody has ended it. */
export function leftovers({ stateDir }: CheckContext): Finding {
  const name = "leftover processes";
  const id = attempt(() => readFileSync(join(stateDir, "store", "store.id"), "utf8").trim());
  if (!isLinux || !id) return ok(name, "none known");
  const pids = readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) =>
      attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8"))?.includes(`TILTISH_OWNER=${id}/`),
    );
  if (pids.length === 0) return ok(name, "none");
  return warn(
    name,
    `no server runs, but its processes do: ${pids.join(", ")}`,
    "the next tiltish up ends them",
  );
}
