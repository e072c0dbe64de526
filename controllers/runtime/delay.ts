/** A timer that is asked for more than this fires at once. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;
