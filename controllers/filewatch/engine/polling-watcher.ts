import { FSWatcher } from "chokidar";
import { basename, dirname } from "node:path";
import type { Watcher, WatcherEvents } from "./watcher.ts";

/** Looks at the files again and again, for file systems that send no events and for directories beyond a limit. */
export function openPollingWatcher(events: WatcherEvents, intervalMs: number): Watcher {
  const added = new Set<string>();
  const poller = new FSWatcher({
    usePolling: true,
    interval: intervalMs,
    binaryInterval: intervalMs,
    depth: 0,
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    ignorePermissionErrors: true,
  });
  poller.on("all", (_event, path) => {
    if (added.has(path)) events.hint(path);
    const directory = dirname(path);
    if (added.has(directory)) events.hint(directory, basename(path));
  });
  poller.on("error", (error) => events.lost(error as Error));

  return {
    add(directory) {
      if (added.has(directory)) return;
      added.add(directory);
      poller.add(directory);
    },
    remove(directory) {
      if (added.delete(directory)) poller.unwatch(directory);
    },
    close: () => void poller.close(),
  };
}
