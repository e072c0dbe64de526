import { systemClock, type Clock } from "./clock.ts";

/** Who has not heard the end of the present state after such a silence asks a server that does not know of it. */
const LONGEST_MS = 10_000;

interface SilenceOptions {
  clock?: Clock;
  signal?: AbortSignal;
}

/** Ends a stream that tells nothing for too long. */
export class Silence {
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #cancel: (() => void) | undefined;

  constructor({ clock = systemClock, signal }: SilenceOptions) {
    this.#clock = clock;
    this.signal = signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal;
    this.#cancel = () => undefined;
    this.broken();
  }

  get isTooLong(): boolean {
    return this.#abort.signal.aborted;
  }

  /** It begins anew, unless it has ended. */
  broken(): void {
    if (!this.#cancel) return;
    this.#cancel();
    this.#cancel = this.#clock.after(LONGEST_MS, () => this.#abort.abort());
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
