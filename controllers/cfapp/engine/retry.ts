import { backoffMs } from "../../../client/index.ts";

/** All of a delay is left to chance: what was cut off together does not come back together. */
export const retryDelayMs = (failures: number): number =>
  backoffMs(failures, { initialMs: 500, maxMs: 30_000, jitter: 1 });
