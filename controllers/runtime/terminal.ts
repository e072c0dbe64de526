interface TerminalOptions {
  /** One CamelCase word, the reason of the condition. */
  reason: string;
  /** For people: what is wrong, and what to do about it. */
  message: string;
  cause?: unknown;
}

/** A reconcile that no retry will fix. It becomes the condition Ready=False, until the object changes. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
  readonly reason: string;

  constructor({ reason, message, cause }: TerminalOptions) {
    super(message, { cause });
    this.reason = reason;
  }
}
