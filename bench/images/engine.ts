import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "../lib/machine.ts";

/** Images and containers of these benchmarks are called so, and removed at the end. */
export const PREFIX = "tiltish-bench";

const BUSYBOX = ["/usr/bin/busybox", "/bin/busybox"];

/** Why images cannot be measured here, if they cannot. */
export function missingEngine(): string | undefined {
  if (!onPath("docker")) return "docker is not on PATH";
  return docker(["version"]).status === 0 ? undefined : "no engine answers: start Docker, or set DOCKER_HOST";
}

/** Runs the docker command line, with the classic builder, which needs no plugin. */
export const docker = (args: readonly string[]) =>
  spawnSync("docker", args, { encoding: "utf8", env: { ...process.env, DOCKER_BUILDKIT: "0" } });

/** As `docker`. @throws what it says if it fails. */
export function mustDocker(args: readonly string[]): string {
  const { status, stdout, stderr } = docker(args);
  if (status !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr.trim()}`);
  return stdout.trim();
}

/**
 * A context whose image shows `src/stamp` in `/out/NAME` of a directory that is mounted there, as soon as it is new.
 *
 * Where there is a static busybox, nothing has to be pulled.
 */
export function plantContext(directory: string, stamp: string): void {
  mkdirSync(join(directory, "src"), { recursive: true });
  const busybox = BUSYBOX.find((path) => existsSync(path));
  if (busybox) cpSync(busybox, join(directory, "busybox"));
  const base = busybox
    ? `FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n`
    : "FROM busybox:stable\n";
  const show = "while :; do cmp -s /app/stamp /out/now || cp /app/stamp /out/now; usleep 5000; done";
  writeFileSync(join(directory, "Dockerfile"), `${base}COPY src /app\nCMD ["sh", "-c", "${show}"]\n`);
  saveStamp(directory, stamp);
}

export const saveStamp = (directory: string, stamp: string): void =>
  writeFileSync(join(directory, "src/stamp"), stamp);

/** Removes what these benchmarks have left in the engine. */
export function cleanUp(): void {
  const ids = (args: string[]) => docker(args).stdout.split("\n").filter(Boolean);
  const containers = ids(["ps", "--all", "--quiet", "--filter", `name=${PREFIX}`]);
  if (containers.length > 0) docker(["rm", "--force", ...containers]);
  const images = ids(["images", "--format", "{{.Repository}}:{{.Tag}}"]).filter((ref) =>
    ref.startsWith(PREFIX),
  );
  if (images.length > 0) docker(["rmi", "--force", ...images]);
}
