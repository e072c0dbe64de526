// Runs a program and its directory for as long as somebody holds the other end of stdin, and leaves nothing behind:
// neither processes, nor mounts, nor files, however the one who asked for it has ended.
//
// node keeper.mjs DIRECTORY PROGRAM [ARGUMENT...]
import { execFileSync, spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const [directory, program, ...args] = process.argv.slice(2);
const GRACE_MS = 10_000;

writeFileSync(join(directory, "keeper.pid"), String(process.pid));
const log = openSync(join(directory, "log"), "a");
let child;
let isDown = false;
const exited = new Promise((resolve) => {
  const start = () => {
    isDown = false;
    child = spawn(program, args, { stdio: ["ignore", log, log], detached: true });
    child.once("error", resolve);
    child.once("exit", () => isDown || resolve());
  };
  start();
  // As a crash, and as whoever starts it again after that.
  process.on("SIGUSR1", () => {
    isDown = true;
    child.kill("SIGKILL");
  });
  process.on("SIGUSR2", start);
});
const unwanted = new Promise((resolve) => {
  process.stdin.on("end", resolve).on("error", resolve).resume();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, resolve);
});

await Promise.race([exited, unwanted]);
child.kill("SIGTERM");
await Promise.race([exited, wait(GRACE_MS)]);
for (const pid of processesOf(directory)) kill(pid);
unmountBelow(directory);
rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
process.exit(0);

/** The program itself, and whoever it has started: all are told the directory. */
function processesOf(text) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => commandOf(pid).includes(text))
    .map(Number);
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has gone by itself.
  }
}

function unmountBelow(path) {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(`${path}/`));
  for (const point of points.toReversed()) execFileSync("umount", ["-l", point], { stdio: "ignore" });
}
