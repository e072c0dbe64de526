/** Tells the readers of a log, in the same process, that something has been written, and whether more may come. */
class Hub {
  readonly #listeners = new Map<string, Set<() => void>>();
  /** Runs whose log is not complete, by directory. */
  readonly #open = new Map<string, Set<number>>();

  begin(directory: string, run: number): void {
    this.#open.set(directory, (this.#open.get(directory) ?? new Set()).add(run));
  }

  /** The log of the run is complete. */
  end(directory: string, run: number): void {
    const runs = this.#open.get(directory);
    runs?.delete(run);
    if (runs?.size === 0) this.#open.delete(directory);
    this.notify(directory);
  }

  /** False for a run of an earlier server: nobody writes its log any more. */
  isOpen(directory: string, run: number): boolean {
    return this.#open.get(directory)?.has(run) ?? false;
  }

  notify(directory: string): void {
    for (const listener of this.#listeners.get(directory) ?? []) listener();
  }

  /** Somebody reads it now, and waits for more. */
  isFollowed(directory: string): boolean {
    return this.#listeners.has(directory);
  }

  /** The answer ends the subscription. */
  subscribe(directory: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(directory) ?? new Set();
    this.#listeners.set(directory, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(directory) === listeners) {
        this.#listeners.delete(directory);
      }
    };
  }
}

/** One for the process: the server reads what controllers write, and neither knows the other. */
export const logHub = new Hub();

/** Remembers that something was written until somebody asks, so that no wake-up is lost between a read and a wait. */
export class LogChanges {
  readonly #unsubscribe: () => void;
  #isDirty = false;
  #wake: (() => void) | undefined;

  constructor(directory: string) {
    this.#unsubscribe = logHub.subscribe(directory, () => {
      this.#isDirty = true;
      this.#wake?.();
    });
  }

  /** Resolves when something has been written since the last call, or when `signal` is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.#isDirty && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener("abort", done);
          resolve();
        };
        this.#wake = done;
        signal.addEventListener("abort", done, { once: true });
      });
    }
    this.#wake = undefined;
    this.#isDirty = false;
  }

  close(): void {
    this.#unsubscribe();
  }
}
