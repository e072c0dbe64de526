/** What clusters say of an object may be as long as the object; conditions are read by people. */
const LONGEST = 4_000;

/** Something that keeps a K8sResource from being as it should be: what, why, and what to do about it. */
export class Problem extends Error {
  override readonly name = "Problem";
  /** One CamelCase word, the reason of a condition. */
  readonly reason: string;
  /** Whether it may go by itself: then it is tried again, else when something has changed. */
  readonly isPassing: boolean;

  constructor(reason: string, message: string, { isPassing = false, cause }: ProblemOptions = {}) {
    super(message.length <= LONGEST ? message : `${message.slice(0, LONGEST)}…`, { cause });
    this.reason = reason;
    this.isPassing = isPassing;
  }
}

interface ProblemOptions {
  isPassing?: boolean;
  cause?: unknown;
}
