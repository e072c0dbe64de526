import type { Probe } from "../../../apis/v1alpha1/index.ts";
import { LONGEST_DELAY_MS } from "../../runtime/index.ts";
import { attempt, type Answer, type ProbeSubject } from "./attempt.ts";
import { Tally } from "./tally.ts";

export interface ProberOptions {
  probe: Probe;
  subject: ProbeSubject;
  /** Told when it turns to passing or to failing; before the first turn neither holds. */
  onTurn: (answer: Answer) => void;
  /** Told why it does not pass yet, so that the status can say what is missing. */
  onFailure?: (message: string) => void;
}

/** Asks a probe again and again, from its making until it is stopped. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #abort = new AbortController();
  #look: (() => void) | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
    void this.#run();
  }

  stop(): void {
    this.#abort.abort();
  }

  /** There is news: ask now instead of at the next time. */
  look(): void {
    this.#look?.();
  }

  async #run(): Promise<void> {
    const { probe } = this.#options;
    const { signal } = this.#abort;
    await sleep(probe.initialDelaySeconds * 1000, signal);
    const tally = new Tally(probe, performance.now());
    while (!signal.aborted) {
      const askedMs = performance.now();
      const answer = await this.#ask();
      if (signal.aborted) return;
      this.#tell(answer, tally, askedMs);
      await sleep(tally.nextDelayMs(), signal, (wake) => (this.#look = wake));
    }
  }

  #tell(answer: Answer, tally: Tally, askedMs: number): void {
    const { onTurn, onFailure } = this.#options;
    const hasTurned = tally.record(answer.ok, askedMs);
    if (hasTurned) onTurn(answer);
    else if (!answer.ok && tally.passes !== true) onFailure?.(answer.message);
  }

  async #ask(): Promise<Answer> {
    const { probe, subject } = this.#options;
    const end = new AbortController();
    const abort = () => end.abort();
    const timer = setTimeout(abort, Math.min(probe.timeoutSeconds * 1000, LONGEST_DELAY_MS));
    this.#abort.signal.addEventListener("abort", abort, { once: true });
    try {
      return await attempt(probe, subject, end.signal);
    } finally {
      clearTimeout(timer);
      this.#abort.signal.removeEventListener("abort", abort);
    }
  }
}

/** `onWait` is given what ends the sleep early. */
function sleep(delayMs: number, signal: AbortSignal, onWait?: (wake: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(delayMs, LONGEST_DELAY_MS));
    signal.addEventListener("abort", done, { once: true });
    onWait?.(done);
  });
}
