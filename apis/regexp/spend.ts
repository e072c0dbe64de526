/** Takes note of so much work, before it is done. It may throw, and then the work is left. */
export type Spend = (cost: number) => void;
