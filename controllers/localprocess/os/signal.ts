import { readEntry, type ProcessEntry } from "./table.ts";

/** Sends a signal to one process, unless its pid has come to mean another one since it was looked at. */
export function signalEntry({ pid, startTicks }: ProcessEntry, signal: NodeJS.Signals): void {
  if (readEntry(pid)?.startTicks === startTicks) signalPid(pid, signal);
}

/** Sends a signal to a pid, or with a negative one to a group. False if nothing was there to get it. */
export function signalPid(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    // EPERM: it is there, under another user (setuid programs).
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
