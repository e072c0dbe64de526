import { openBothWatchers } from "./both-watchers.ts";
import { openDirectoryWatcher } from "./directory-watcher.ts";
import { openLimitedWatcher } from "./limited-watcher.ts";
import { silentPlaceOf, type SilentPlace } from "./network.ts";
import { openPollingWatcher } from "./polling-watcher.ts";
import { openRecursiveWatcher } from "./recursive-watcher.ts";
import type { OpenWatcher } from "./watcher.ts";

const SILENT_INTERVAL_MS = 1000;

/** How files are watched when it is not by events of the system alone. */
export interface WayOfWatching {
  readonly message: string;
  /** Whether people should know even if they do not ask. */
  readonly isWarning: boolean;
}

export interface WatcherChoice {
  /** The way to get hints. */
  readonly open: OpenWatcher;
  /** What people should know about it. */
  readonly way?: WayOfWatching;
}

/**
 * Events of the operating system where they can be had, else polling.
 *
 * @param places - The root, and what is to be watched.
 * @param limited - Told when the system gives no more watches and some directories are polled.
 */
export function chooseWatcher(
  places: readonly string[],
  pollMs: number | undefined,
  limited: (error: Error) => void,
): WatcherChoice {
  if (pollMs !== undefined) {
    const message = `looking at the files every ${pollMs} ms`;
    return { open: (events) => openPollingWatcher(events, pollMs), way: { message, isWarning: false } };
  }
  const hasRecursive = process.platform === "darwin" || process.platform === "win32";
  const open = hasRecursive ? openRecursiveWatcher : openDirectoryWatcher;
  const silent = silentPlaceOf(places);
  if (!silent) return { open: (events) => openLimitedWatcher(open, { ...events, limited }) };
  // What this machine changes is told at once; what others change is found a little later.
  return {
    open: (events) => openBothWatchers(open(events), openPollingWatcher(events, SILENT_INTERVAL_MS)),
    way: { message: silenceOf(silent), isWarning: true },
  };
}

const silenceOf = ({ path, fileSystem }: SilentPlace): string =>
  `${path} is on ${fileSystem}, which does not tell of changes that others make, so it is watched as with ` +
  `poll: ${SILENT_INTERVAL_MS / 1000}s. Set spec.poll to look more or less often, or move it to a local disk`;
