import { openDirectoryWatcher } from "./directory-watcher.ts";
import { openLimitedWatcher } from "./limited-watcher.ts";
import { silentFileSystem } from "./network.ts";
import { openPollingWatcher } from "./polling-watcher.ts";
import { openRecursiveWatcher } from "./recursive-watcher.ts";
import type { OpenWatcher } from "./watcher.ts";

const SILENT_INTERVAL_MS = 1000;

export interface WatcherChoice {
  /** The way to get hints below this directory. */
  readonly open: OpenWatcher;
  /** What people should know about it. */
  readonly note?: string;
}

/**
 * Events of the operating system where they can be had, else polling.
 *
 * @param limited - Told when the system gives no more watches and some directories are polled.
 */
export function chooseWatcher(
  root: string,
  pollMs: number | undefined,
  limited: (error: Error) => void,
): WatcherChoice {
  if (pollMs !== undefined) return polling(pollMs, `looking at the files every ${pollMs} ms`);
  const silent = silentFileSystem(root);
  if (silent) {
    const note = `${silent} sends no events, so the files are looked at every ${SILENT_INTERVAL_MS} ms`;
    return polling(SILENT_INTERVAL_MS, note);
  }
  const hasRecursive = process.platform === "darwin" || process.platform === "win32";
  const open = hasRecursive ? openRecursiveWatcher : openDirectoryWatcher;
  return { open: (events) => openLimitedWatcher(open, { ...events, limited }) };
}

const polling = (intervalMs: number, note: string): WatcherChoice => ({
  open: (events) => openPollingWatcher(events, intervalMs),
  note,
});
