import { watch, type FSWatcher } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { Watcher, WatcherEvents } from "./watcher.ts";

/**
 * One recursive watch for each top directory, where the platform has them (macOS, Windows). The directories below a
 * watched one cost nothing. A directory which is only waited in (the ancestor of a path that is missing) is watched
 * the same way; hints from elsewhere below it are dropped by who asked.
 */
export function openRecursiveWatcher(events: WatcherEvents): Watcher {
  const tops = new Map<string, FSWatcher>();
  const added = new Set<string>();

  const topOf = (directory: string): string | undefined => {
    for (let at = directory; ; at = dirname(at)) {
      if (tops.has(at)) return at;
      if (at === dirname(at)) return undefined;
    }
  };

  const close = (top: string) => {
    tops.get(top)?.close();
    tops.delete(top);
  };

  const open = (top: string) => {
    const watcher = watch(top, { recursive: true }, (_event, relative) => {
      if (!relative) return events.hint(top);
      const path = join(top, relative);
      const directory = dirname(path);
      if (added.has(directory)) events.hint(directory, path.slice(directory.length + 1));
      if (added.has(path)) events.hint(path);
    });
    watcher.on("error", (error) => {
      close(top);
      events.lost(error);
    });
    tops.set(top, watcher);
  };

  return {
    add(directory) {
      added.add(directory);
      if (topOf(directory)) return;
      open(directory);
      for (const top of tops.keys()) if (top.startsWith(directory + sep)) close(top);
    },
    remove(directory) {
      added.delete(directory);
      if (!tops.has(directory)) return;
      close(directory);
      // What lay below the removed directory still wants its hints.
      for (const rest of added) if (rest.startsWith(directory + sep) && !topOf(rest)) open(rest);
    },
    close: () => [...tops.keys()].forEach(close),
  };
}
