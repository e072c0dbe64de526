/**
 * Cuts the power while a process writes, and checks that the store is what was acknowledged (G1, G2, G3).
 *
 *     sudo node --import tsx test/server/storage/power-cycle.ts --cycles 100 [--filesystem ext4|xfs]
 *
 * The store is on a file system of its own in a loop device. The writer is stopped, the file system is shut down
 * without writing anything back (what the page cache holds is lost, as in a power cut), and mounted again. With
 * `synchronous=NORMAL` the first cycles already find acknowledged writes lost.
 */
import { execFileSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { outputOf, startWriter } from "./crash-cycle.ts";
import { CrashModel } from "./crash-model.ts";

const MEBIBYTE = 1024 * 1024;
/** `XFS_IOC_GOINGDOWN`, which ext4 has as well, with `NOLOGFLUSH`. Node has no ioctl. */
const SHUT_DOWN = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))`;

const { values } = parseArgs({
  options: { cycles: { type: "string", default: "100" }, filesystem: { type: "string", default: "ext4" } },
});
const workspace = mkdtempSync(join(tmpdir(), "tiltish-power-"));
const image = join(workspace, "disk");
const mountPoint = mkdtempSync(join(workspace, "mount-"));
const directory = join(mountPoint, "store");
const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: "pipe" });
const mount = () => run("mount", "-o", "loop", image, mountPoint);

writeFileSync(image, "");
truncateSync(image, 512 * MEBIBYTE);
run(`mkfs.${values.filesystem}`, "-q", image);
mount();
try {
  const model = new CrashModel(directory);
  for (let cycle = 1; cycle <= Number(values.cycles); cycle += 1) {
    model.acknowledge(await runUntilPowerCut());
    await model.verify();
    if (cycle % 10 === 0) console.log(cycle, JSON.stringify(model.findings));
  }
} finally {
  run("umount", mountPoint);
  rmSync(workspace, { recursive: true });
}

async function runUntilPowerCut(): Promise<string[]> {
  const writer = startWriter(directory);
  const output = outputOf(writer);
  await once(writer.stdout!, "data");
  await delay(50 + Math.random() * 400);
  await cutPower(writer);
  return output;
}

async function cutPower(writer: ChildProcess): Promise<void> {
  writer.kill("SIGSTOP");
  run("python3", "-c", SHUT_DOWN, mountPoint);
  const exit = once(writer, "exit");
  writer.kill("SIGKILL");
  await exit;
  run("umount", mountPoint);
  mount();
}
