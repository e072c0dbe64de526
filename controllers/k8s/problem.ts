/** What clusters say of an object may be as long as the object; conditions are read by people. */
const LONGEST = 4_000;

/** Something that keeps a K8sResource from being as it should be: what, why, and what to do about it. */
export class Problem extends Error {
  override readonly name = "Problem";
  /** One CamelCase word, the reason of a condition. */
  readonly reason: string;
  /** Whether it may go by itself: then it is tried again soon, else less often. */
  readonly isPassing: boolean;
  /** Nothing but another input, or somebody who asks for it, leads to another end: it is not tried again. */
  readonly isFinal: boolean;

  constructor(reason: string, message: string, options: ProblemOptions = {}) {
    const { isPassing = false, isFinal = false, cause } = options;
    super(message.length <= LONGEST ? message : `${message.slice(0, LONGEST)}…`, { cause });
    this.reason = reason;
    this.isPassing = isPassing;
    this.isFinal = isFinal;
  }
}

/** What was being done does not matter any more. */
export const interrupted = (): Problem =>
  new Problem("Interrupted", "it was interrupted", { isPassing: true });

interface ProblemOptions {
  isPassing?: boolean;
  isFinal?: boolean;
  cause?: unknown;
}
