import { setFlagsFromString } from "node:v8";

/** By how much the heap may grow over what lives, in percent, before it is looked through for garbage. */
const CALM_PERCENT = 50;
/** V8 decides by itself then: for speed, with up to four times of what lives. */
const BUSY_PERCENT = 0;
/** Share of one processor that a busy server takes. */
const BUSY = 0.5;
const LOOK_MS = 5_000;

/**
 * Keeps the memory of a server near to what it needs while it has time to look for garbage, which is nearly always: it
 * runs all day, and is not the only program. Under load it does not stop for that.
 */
export function collectEarly(): void {
  let before = usage();
  let percent = CALM_PERCENT;
  const set = () => setFlagsFromString(`--heap-growing-percent=${percent}`);
  const look = (): void => {
    const now = usage();
    const share = (now.workedMs - before.workedMs) / (now.atMs - before.atMs);
    before = now;
    const wanted = share > BUSY ? BUSY_PERCENT : CALM_PERCENT;
    if (wanted === percent) return;
    percent = wanted;
    set();
  };
  set();
  setInterval(look, LOOK_MS).unref();
}

/** Not how long the event loop was taken: on a busy machine it is that while others run. */
function usage(): { workedMs: number; atMs: number } {
  const { user, system } = process.cpuUsage();
  return { workedMs: (user + system) / 1000, atMs: performance.now() };
}
