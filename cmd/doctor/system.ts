import { existsSync, readdirSync, readFileSync, readlinkSync, statfsSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { runningInstance, stateHome } from "../instances.ts";
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
const FEW_PROCESSES = 1024;

export function processLimit(): Finding {
  const name = "processes";
  const limits = attempt(() => readFileSync("/proc/self/limits", "utf8"));
  const soft = /^Max processes\s+(\S+)/m.exec(limits ?? "")?.[1];
  if (soft === undefined) return ok(name, "limit not known on this system");
  return soft !== "unlimited" && Number(soft) < FEW_PROCESSES
    ? warn(name, `limit ${soft}`, "ulimit -u 4096")
    : ok(name, `limit ${soft}`);
}

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

/** Others that are common on machines of developers. */
const TALKATIVE: Record<number, string> = {
  0xef53: "ext4",
  0x9123683e: "btrfs",
  0x58465342: "xfs",
  0x01021994: "tmpfs",
  0x794c7630: "overlay",
  0x2fc12fc1: "zfs",
};

const fileSystemOf = (type: number): string => TALKATIVE[type] ?? `type 0x${type.toString(16)}`;

export function projectFiles({ root }: CheckContext): Finding {
  const type = attempt(() => statfsSync(root).type);
  const silent = type === undefined ? undefined : SILENT[type];
  if (silent === undefined)
    return ok("project files", `${root}${type === undefined ? "" : ` on ${fileSystemOf(type)}`}`);
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

/** What servers that died have left running, if nobody has ended it: of any project, as nobody else would look. */
export function leftovers(): Finding {
  const name = "leftover processes";
  if (!isLinux) return ok(name, "not looked for on this system");
  const homes = (attempt(() => readdirSync(stateHome())) ?? []).map((folder) => join(stateHome(), folder));
  const dead = homes.filter((stateDir) => !runningInstance(stateDir));
  const ids = dead.flatMap((stateDir) => {
    const id = attempt(() => readFileSync(join(stateDir, "store", "store.id"), "utf8").trim());
    return id ? [{ id, stateDir }] : [];
  });
  const found = ownedProcesses().flatMap(({ pid, environment }) => {
    const owner = ids.find(({ id }) => environment.includes(`TILTISH_OWNER=${id}/`));
    return owner ? [{ pid, stateDir: owner.stateDir }] : [];
  });
  if (found.length === 0) return ok(name, "none");
  const [first] = found;
  return warn(
    name,
    `no server runs, but its processes do: ${found.map(({ pid }) => pid).join(", ")} (of ${first!.stateDir})`,
    "the next tiltish up of that project ends them",
  );
}

function ownedProcesses(): { pid: string; environment: string }[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => ({ pid, environment: attempt(() => readFileSync(`/proc/${pid}/environ`, "utf8")) ?? "" }))
    .filter(({ environment }) => environment.includes("TILTISH_OWNER="));
}
