import { ConnectionLostError } from "../transport.ts";

/** How long a connection is good, of a protocol that has none. */
export class Lifetime {
  readonly #stop = new AbortController();
  #lost: ConnectionLostError | undefined;
  readonly closed: Promise<Error>;

  constructor() {
    this.closed = new Promise((resolve) =>
      this.signal.addEventListener("abort", () => resolve(this.#lost!), { once: true }),
    );
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  end(why: string, cause?: unknown): ConnectionLostError {
    if (!this.#lost) {
      this.#lost = new ConnectionLostError(why, { cause });
      this.#stop.abort(this.#lost);
    }
    return this.#lost;
  }

  /** @throws ConnectionLostError if it has ended. */
  check(): void {
    if (this.#lost) throw this.#lost;
  }
}
