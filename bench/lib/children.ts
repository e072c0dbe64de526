import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";

/** What was started here and still runs, so that nothing is left behind. Only these are ever signalled. */
const running = new Set<ChildProcess>();

/** Starts a process that leads a group of its own: what it starts in turn ends with it. */
export function start(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: "ignore", ...options, detached: true });
  running.add(child);
  child.once("error", () => running.delete(child));
  child.once("exit", () => running.delete(child));
  return child;
}

export const hasEnded = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Asks it to end, waits, and insists after `graceMs`. */
export async function end(child: ChildProcess, graceMs = 10_000): Promise<void> {
  if (hasEnded(child)) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => kill(child), graceMs);
  await exited;
  clearTimeout(timer);
  killGroup(child);
}

/** At once; for ends that nobody planned. */
export function endAll(): void {
  for (const child of running) kill(child);
}

function kill(child: ChildProcess): void {
  killGroup(child);
  child.kill("SIGKILL");
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Empty already, which is what was wanted.
  }
}
