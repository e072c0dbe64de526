import type { Probe } from "../../../apis/v1alpha1/index.ts";

const FIRST_DELAY_MS = 50;

/**
 * Counts the answers to a probe, with the thresholds of Kubernetes.
 *
 * Until the first success it wants to ask more often than the period says. Those extra failures do not count, so
 * that a process has as much time to start as under Kubernetes.
 */
export class Tally {
  readonly #probe: Probe;
  readonly #periodMs: number;
  readonly #startedMs: number;
  #successes = 0;
  #failures = 0;
  #hasSucceeded = false;
  #earlyDelayMs = FIRST_DELAY_MS;
  #passes: boolean | undefined;

  constructor(probe: Probe, startedMs: number) {
    this.#probe = probe;
    this.#periodMs = probe.periodSeconds * 1000;
    this.#startedMs = startedMs;
  }

  /** Passing or failing; undefined until the first threshold is reached. */
  get passes(): boolean | undefined {
    return this.#passes;
  }

  /** @returns Whether it has turned from passing to failing or back. */
  record(ok: boolean, askedMs: number): boolean {
    if (ok) this.#succeed();
    else this.#fail(askedMs);
    const { successThreshold, failureThreshold } = this.#probe;
    const isDecided = ok ? this.#successes >= successThreshold : this.#failures >= failureThreshold;
    if (!isDecided || this.#passes === ok) return false;
    this.#passes = ok;
    return true;
  }

  /** How long to wait before asking again. */
  nextDelayMs(): number {
    if (this.#hasSucceeded) return this.#periodMs;
    const delayMs = Math.min(this.#earlyDelayMs, this.#periodMs);
    this.#earlyDelayMs *= 2;
    return delayMs;
  }

  #succeed(): void {
    this.#successes++;
    this.#failures = 0;
    this.#hasSucceeded = true;
  }

  #fail(askedMs: number): void {
    this.#successes = 0;
    const isExtra = askedMs < this.#startedMs + this.#failures * this.#periodMs;
    if (this.#hasSucceeded || !isExtra) this.#failures++;
  }
}
