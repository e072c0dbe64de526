import type { Watcher } from "./watcher.ts";

/** Hints of two watchers. It is enough if the second one watches: the first may refuse. */
export const openBothWatchers = (quick: Watcher, thorough: Watcher): Watcher => ({
  add(directory) {
    thorough.add(directory);
    try {
      quick.add(directory);
    } catch {
      // No events for this one, then.
    }
  },
  remove(directory) {
    quick.remove(directory);
    thorough.remove(directory);
  },
  close() {
    quick.close();
    thorough.close();
  },
});
