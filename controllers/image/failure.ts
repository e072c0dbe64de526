export type FailureReason =
  | "EngineUnreachable"
  | "ContextMissing"
  | "ContextUnreadable"
  | "ContextChanging"
  | "DockerfileMissing"
  | "DockerConfigInvalid"
  | "CredentialHelperFailed"
  | "SecretMissing"
  | "SshAgentMissing"
  | "BuildFailed"
  | "CommandFailed"
  | "ImageMissing"
  | "RefFileMissing"
  | "RefFileInvalid"
  | "PushFailed"
  | "Unauthorized"
  | "Canceled";

interface FailureOptions {
  reason: FailureReason;
  /** For people: what is wrong, and what to do about it. */
  message: string;
  /** It may pass without any change that we would see: try again by itself. */
  isTransient?: boolean;
  cause?: unknown;
}

/** A build that came to nothing. It becomes `status.error` and the conditions of the image. */
export class ImageFailure extends Error {
  override readonly name = "ImageFailure";
  readonly reason: FailureReason;
  readonly isTransient: boolean;

  constructor({ reason, message, isTransient = false, cause }: FailureOptions) {
    super(message, { cause });
    this.reason = reason;
    this.isTransient = isTransient;
  }
}

/** Whatever was thrown in the course of a build, as a failure of it. */
export function failureOf(error: unknown): ImageFailure {
  if (error instanceof ImageFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ImageFailure({ reason: "BuildFailed", message, isTransient: true, cause: error });
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
