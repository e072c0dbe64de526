import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { durationOf } from "../../apis/duration.ts";
import { stateHome } from "../instances.ts";
import { fail, ok, warn, type CheckContext, type Finding } from "./check.ts";

const MIB = 1024 * 1024;
const FEW_BYTES = 200 * MIB;

/** Where the states of all projects are: it must be ours to write, nobody else's to read, and have room. */
export function sessionDirectories(): Finding {
  const name = "session directories";
  const home = stateHome();
  const there = nearest(home);
  if (!mayWrite(there))
    return fail(name, `${there} cannot be written`, "set XDG_STATE_HOME, or use --state-dir");
  const { bavail, bsize } = statfsSync(there);
  const free = `${Math.floor((bavail * bsize) / MIB)} MiB free`;
  if (bavail * bsize < FEW_BYTES)
    return fail(name, `${home}: only ${free}`, "make room, or set XDG_STATE_HOME");
  const open = there === home && (statSync(home).mode & 0o022) !== 0;
  if (open) return warn(name, `${home} can be written by others`, `chmod go-w ${home}`);
  const runtime = process.env["XDG_RUNTIME_DIR"];
  return runtime && !mayWrite(runtime)
    ? warn(
        name,
        `XDG_RUNTIME_DIR ${runtime} cannot be written`,
        "unset it, or make it: sockets lie there if paths are long",
      )
    : ok(name, `${home}, ${free}`);
}

/** The first folder upwards that exists. */
function nearest(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(at) || at === dirname(at)) return at;
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const FEW_PORTS = 1_000;

/** Whether a free port can be had on loopback, and how many there are to choose from. */
export async function ports(): Promise<Finding> {
  const name = "ports";
  const problem = await freePortProblem();
  if (problem)
    return fail(name, `no free port on 127.0.0.1: ${problem}`, "is loopback up? ip link set lo up");
  const range = textIn("/proc/sys/net/ipv4/ip_local_port_range")?.trim().split(/\s+/).map(Number);
  if (!range) return ok(name, "free ones can be had");
  const [low = 0, high = 0] = range;
  const message = `chosen from ${low} to ${high}`;
  return high - low < FEW_PORTS
    ? warn(name, message, 'sudo sysctl net.ipv4.ip_local_port_range="32768 60999"')
    : ok(name, message);
}

const freePortProblem = (): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(error.message));
    server.listen(0, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });

const AHEAD_MS = 5_000;
/** When this was written. */
const LONG_AGO = Date.parse("2025-01-01T00:00:00Z");

/** A clock that differs from that of the files confuses every tool that compares times. */
export function clock({ root }: CheckContext): Finding {
  const now = Date.now();
  if (now < LONG_AGO)
    return fail("clock", `it says ${new Date(now).toISOString()}`, "set it: timedatectl set-ntp true");
  const ahead = readdirSync(root)
    .map((name) => ({
      name,
      byMs: (statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) - now,
    }))
    .filter(({ byMs }) => byMs > AHEAD_MS)
    .toSorted((a, b) => b.byMs - a.byMs)[0];
  if (!ahead) return ok("clock", new Date(now).toISOString());
  return warn(
    "clock",
    `${ahead.name} was changed ${durationOf(ahead.byMs)} from now`,
    `touch ${ahead.name}, or set the clock`,
  );
}

/** Windows below: its drives send no events, and are slow. */
export function wsl({ root }: CheckContext): Finding {
  const version = textIn("/proc/version") ?? "";
  if (!/microsoft/i.test(version)) return ok("WSL", "no");
  const generation = /wsl2|microsoft-standard/i.test(version) ? "2" : "1";
  if (/^\/mnt\/[a-z](\/|$)/.test(root)) {
    return warn(
      "WSL",
      `WSL ${generation}, and ${root} is on a Windows drive`,
      "keep the project in the Linux file system, or set poll: 1s",
    );
  }
  return ok("WSL", `WSL ${generation}`);
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // Not on this system.
  }
}
