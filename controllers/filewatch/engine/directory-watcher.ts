import { watch, type FSWatcher } from "node:fs";
import { basename } from "node:path";
import { bursts } from "./burst.ts";
import type { Watcher, WatcherEvents } from "./watcher.ts";

/** One watch of the operating system for each directory: on Linux the cheapest way, and the only one that loses nothing. */
export function openDirectoryWatcher(events: WatcherEvents): Watcher {
  const watches = new Map<string, FSWatcher>();

  const remove = (directory: string) => {
    watches.get(directory)?.close();
    watches.delete(directory);
  };

  const add = (directory: string) => {
    if (watches.has(directory)) return;
    const own = basename(directory);
    const watcher = watch(directory, (_event, name) => {
      bursts.add();
      // inotify reports the end of the directory itself under the directory's own name.
      if (!name || name === own) events.hint(directory);
      if (name) events.hint(directory, name);
    });
    watcher.on("error", (error) => {
      remove(directory);
      // Windows answers EPERM when the watched directory is deleted: no loss, just the end of this watch.
      if ((error as NodeJS.ErrnoException).code === "EPERM") events.hint(directory);
      else events.lost(error);
    });
    watches.set(directory, watcher);
  };

  return {
    add,
    remove,
    close: () => [...watches.keys()].forEach(remove),
  };
}
