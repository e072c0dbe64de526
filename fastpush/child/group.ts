import { setTimeout as delay } from "node:timers/promises";

const LOOK_MS = 10;
/** What is not gone so long after KILL is nobody that could be waited for. */
const AFTER_KILL_MS = 2000;

/** Sends a signal to all processes of a group. @returns false if there is none left. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ends a group: asks, and kills what is left after a while. Resolves when none of it is left, whoever was its first. */
export async function endGroup(group: number, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const begun = Date.now();
  signalGroup(group, signal);
  for (let isKilled = false; signalGroup(group, 0); await delay(LOOK_MS)) {
    const passed = Date.now() - begun;
    if (passed >= graceMs + AFTER_KILL_MS) return;
    if (passed < graceMs || isKilled) continue;
    isKilled = signalGroup(group, "SIGKILL");
  }
}
