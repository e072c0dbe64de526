import { setImmediate as nextTurn } from "node:timers/promises";

/** How long a scan may hold the event loop at a time. */
const SLICE_MS = 5;

/** Cuts long synchronous work into slices, so that everything else gets its turn in between. */
export class Pacer {
  #since = performance.now();

  /** Whether it is time to `await pause()`. */
  get due(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  async pause(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}
