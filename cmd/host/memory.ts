import { setFlagsFromString } from "node:v8";

/** By how much the heap may grow over what lives, in percent, before it is looked through for garbage. */
const GROWTH_PERCENT = 50;

/**
 * Keeps the memory of a server near to what it needs. Left alone, V8 lets several times as much garbage pile up on a
 * machine with much memory, where a server that runs all day is not the only program.
 */
export const collectEarly = (): void => setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
