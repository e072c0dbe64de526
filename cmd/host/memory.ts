import { type EventLoopUtilization, performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";

/** By how much the heap may grow over what lives, in percent, before it is looked through for garbage. */
const CALM_PERCENT = 50;
/** V8 decides by itself then: for speed, with up to four times of what lives. */
const BUSY_PERCENT = 0;
/** Share of its time that a busy server works. */
const BUSY = 0.5;
const LOOK_MS = 5_000;

/**
 * Keeps the memory of a server near to what it needs while it has time to look for garbage, which is nearly always: it
 * runs all day, and is not the only program. Under load it does not stop for that.
 */
export function collectEarly(): void {
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  let percent = -1;
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    const wanted = utilization > BUSY ? BUSY_PERCENT : CALM_PERCENT;
    if (wanted === percent) return;
    percent = wanted;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  };
  look();
  setInterval(look, LOOK_MS).unref();
}
