/** Why nothing can be asked of the platform; each is the reason of a condition. */
export type AuthReason = "NotLoggedIn" | "NoTarget" | "TokenExpired";

/** Nobody is logged in any more, or not there. It is of no use to try again before the configuration of cf changes. */
export class AuthError extends Error {
  override readonly name = "AuthError";
  readonly reason: AuthReason;

  /** @param message says what to do about it, and holds no secret. */
  constructor(reason: AuthReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** An answer of the platform that says no. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  /** HTTP status. */
  readonly status: number;
  /** Such as `CF-ResourceNotFound`; empty if the answer names none. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether the same request may be answered otherwise later. */
  get isTransient(): boolean {
    return this.status >= 500 || this.status === 429;
  }
}
