/** Told by a watcher that something may have happened. Never more than a hint: the truth is what the files say. */
export interface WatcherEvents {
  /** Look at `name` in `directory`, or at all of it when there is no name. */
  hint(directory: string, name?: string): void;
  /** Hints may have been lost, so look at everything. */
  lost(error: Error): void;
}

/** A source of hints for a set of directories. All implementations pass the same contract test. */
export interface Watcher {
  /**
   * Hints come for the direct entries of the directory from now on; the directories in it are added one by one.
   *
   * @throws An error with code ENOSPC or EMFILE when the system allows no more watches.
   */
  add(directory: string): void;
  remove(directory: string): void;
  close(): void;
}

export type OpenWatcher = (events: WatcherEvents) => Watcher;

const LIMIT_CODES = new Set(["ENOSPC", "EMFILE", "ENFILE"]);

/** Whether the system refused because of a limit that its owner can raise. */
export const isLimit = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && LIMIT_CODES.has((error as NodeJS.ErrnoException).code ?? "");
