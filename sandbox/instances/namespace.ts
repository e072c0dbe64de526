import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";

/** Where every container has its files. */
export const HOME = "/home/vcap";

/** How processes come to see their container at {@link HOME}: as root, in a user namespace of their own, or not at all. */
export type Isolation = "root" | "user" | "none";

const UNSHARE: Record<Exclude<Isolation, "none">, string[]> = {
  root: ["--mount", "--propagation", "private"],
  user: ["--user", "--map-root-user", "--mount", "--propagation", "private"],
};
const ENTER: Record<Exclude<Isolation, "none">, string[]> = {
  root: ["--mount"],
  user: ["--user", "--mount", "--preserve-credentials"],
};

/**
 * Lays the directory $1 out at /home/vcap (on a file system of its own of $2 bytes, if given), says so, and waits until
 * whoever has started it is gone. Then nothing that belongs to it is left.
 */
const HOLDER = `
set -e
shopt -s dotglob
if [ ! -d /home/vcap ]; then
  # It is not ours to make it: /home is laid out anew, for these processes alone.
  mkdir "$1.homes"
  mount -t tmpfs tmpfs "$1.homes"
  for home in /home/*; do
    [ -d "$home" ] || continue
    mkdir "$1.homes/\${home##*/}"
    mount --rbind "$home" "$1.homes/\${home##*/}"
  done
  mkdir "$1.homes/vcap"
  # All at once: $1 may be below /home itself.
  mount --rbind "$1.homes" /home
fi
[ -z "$2" ] || mount -t tmpfs -o "size=$2" tmpfs "$1"
mount --bind "$1" /home/vcap
echo ready
set +e
while read -r line; do :; done
for round in 1 2 3 4 5; do
  for one in /proc/[0-9]*; do
    [ "\${one#/proc/}" != $$ ] && [ "$one/ns/mnt" -ef /proc/$$/ns/mnt ] && kill -9 "\${one#/proc/}"
  done
done
`;

let probed: Isolation | undefined;

/** The best that there is here. */
export function isolationHere(): Isolation {
  return (probed ??= works("root") ? "root" : works("user") ? "user" : "none");
}

const works = (how: "root" | "user"): boolean =>
  spawnSync("unshare", [...UNSHARE[how], "mount", "--bind", "/tmp", "/tmp"], { stdio: "ignore" }).status ===
  0;

/** What the processes of one container share, and by what they are known. */
export class Namespace {
  readonly #isolation: Isolation;
  readonly #holder: ChildProcess | undefined;
  readonly #directory: string;
  readonly #id: string;
  #hasQuota = false;

  private constructor(directory: string, guid: string, holder?: ChildProcess) {
    this.#isolation = holder ? isolationHere() : "none";
    this.#directory = directory;
    this.#holder = holder;
    this.#id = holder ? readlinkSync(`/proc/${holder.pid}/ns/mnt`) : `CF_INSTANCE_GUID=${guid}`;
  }

  /** @param quota Bytes, if the file system is to end there. */
  static async open(directory: string, guid: string, quota?: number): Promise<Namespace> {
    const how = isolationHere();
    if (how === "none") return new Namespace(directory, guid);
    const command = ["/bin/bash", "-c", HOLDER, "container", directory, quota ? String(quota) : ""];
    const holder = spawn("unshare", [...UNSHARE[how], ...command], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    let problem = "";
    holder.stderr.on("data", (bytes: Buffer) => (problem += bytes.toString()));
    const [line] = (await Promise.race([
      once(createInterface(holder.stdout), "line"),
      once(holder, "close"),
    ])) as [unknown];
    if (line !== "ready") throw new Error(`no container can be made here: ${problem.trim() || String(line)}`);
    const namespace = new Namespace(directory, guid, holder);
    namespace.#hasQuota = quota !== undefined;
    return namespace;
  }

  /** The directory as it is seen from out here; inside it may be another file system. */
  get home(): string {
    return this.#hasQuota ? `/proc/${this.#holder!.pid}/root${HOME}` : this.#directory;
  }

  /** What has to be run for a program to run inside. */
  enter(program: readonly string[]): { file: string; args: string[] } {
    const [file, ...args] = program as [string, ...string[]];
    if (!this.#holder || this.#isolation === "none")
      return { file, args: args.map((arg) => arg.replaceAll(HOME, this.#directory)) };
    const flags = ENTER[this.#isolation];
    return { file: "nsenter", args: ["--target", String(this.#holder.pid), ...flags, "--", ...program] };
  }

  /** Ids of the processes inside. */
  processes(): number[] {
    if (!existsSync("/proc")) return [];
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && Number(name) !== this.#holder?.pid)
      .filter((name) => this.#isInside(name))
      .map(Number);
  }

  /** Nothing of it is left afterwards, not even what has left its process group. */
  async close(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      const left = this.processes().filter((pid) => !isZombie(pid));
      if (left.length === 0) break;
      for (const pid of left) kill(pid);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const holder = this.#holder;
    if (!holder || holder.exitCode !== null || holder.signalCode !== null) return;
    holder.kill("SIGKILL");
    await once(holder, "exit");
  }

  #isInside(pid: string): boolean {
    try {
      if (this.#holder) return readlinkSync(`/proc/${pid}/ns/mnt`) === this.#id;
      return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(this.#id);
    } catch {
      return false;
    }
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It was faster.
  }
}

function isZombie(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}
