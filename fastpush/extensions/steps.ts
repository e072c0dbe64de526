import type { CommitDurations } from "../../apis/fastpush.ts";

/** Measures how long each step takes. */
export class Steps {
  readonly #durations: { -readonly [Step in keyof CommitDurations]: CommitDurations[Step] } = {};

  get durations(): CommitDurations {
    return this.#durations;
  }

  async time<T>(step: keyof CommitDurations, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      this.#durations[step] = Math.round((performance.now() - begun) * 10) / 10;
    }
  }
}
