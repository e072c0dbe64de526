import { openPollingWatcher } from "./polling-watcher.ts";
import { isLimit, type OpenWatcher, type Watcher, type WatcherEvents } from "./watcher.ts";

/** How often directories are looked at for which no watch was to be had. */
const FALLBACK_INTERVAL_MS = 1000;

interface LimitedEvents extends WatcherEvents {
  /** From now on some directories are polled, because the system gave no more watches. */
  limited(error: Error): void;
}

/** Uses the watches of `open` for as many directories as the system allows, and polls the rest. */
export function openLimitedWatcher(open: OpenWatcher, events: LimitedEvents): Watcher {
  let poller: Watcher | undefined;
  const poll = (directory: string, error: Error) => {
    if (!poller) events.limited(error);
    poller ??= openPollingWatcher(events, FALLBACK_INTERVAL_MS);
    poller.add(directory);
  };
  const watcher = open(events);

  return {
    add(directory) {
      try {
        watcher.add(directory);
      } catch (error) {
        if (!isLimit(error)) throw error;
        poll(directory, error);
      }
    },
    remove(directory) {
      watcher.remove(directory);
      poller?.remove(directory);
    },
    close() {
      watcher.close();
      poller?.close();
    },
  };
}
