import type { SyncOutcome } from "../transport.ts";

const MAX_SETS = 8;

interface Times {
  readonly begunAt: number;
  stagedAt?: number;
  apply?: number;
  restart?: number;
  restartedAt?: number;
}

/** How long each step of a set took: partly measured here, partly told by the agent. In milliseconds. */
export class Timings {
  readonly #times = new Map<string, Times>();

  begin(revision: string): void {
    // Of those that were staged and never committed nobody asks again.
    for (const old of [...this.#times.keys()].slice(0, -MAX_SETS)) this.#times.delete(old);
    this.#times.set(revision, { begunAt: performance.now() });
  }

  staged(revision: string): void {
    const times = this.#times.get(revision);
    if (times) times.stagedAt = performance.now();
  }

  /** @param fields - Revision, step, milliseconds: as the agent tells it. */
  told([revision = "", step, milliseconds]: readonly string[]): void {
    const times = this.#times.get(revision);
    if (!times) return;
    if (step === "applied") times.apply = Number(milliseconds);
    if (step !== "restarted") return;
    times.restart = Number(milliseconds);
    times.restartedAt = performance.now();
  }

  end(revision: string): NonNullable<SyncOutcome["durationsMs"]> {
    const times = this.#times.get(revision);
    this.#times.delete(revision);
    if (!times) return {};
    const { begunAt, stagedAt = begunAt, apply, restart, restartedAt } = times;
    return {
      send: stagedAt - begunAt,
      ...(apply !== undefined && { apply }),
      ...(restart !== undefined && { restart }),
      ...(restartedAt !== undefined && { ready: performance.now() - restartedAt }),
    };
  }
}
