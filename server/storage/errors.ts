import { StatusError } from "../../apis/errors.ts";

/** A store that cannot be opened, or can no longer be used. The message says which file and what to do. */
export class StoreError extends Error {
  override readonly name: string = "StoreError";
}

/** Another process holds the directory. */
export class StoreLockedError extends StoreError {
  override readonly name = "StoreLockedError";
  readonly directory: string;
  /** Who holds it, if it said so. */
  readonly pid: number | undefined;

  constructor(directory: string, pid: number | undefined) {
    const holder = pid === undefined ? "another process" : `process ${pid}`;
    super(`${directory} is in use by ${holder}; stop it, or choose another directory with --state-dir`);
    this.directory = directory;
    this.pid = pid;
  }
}

/** What is on disk is not what was written. Nothing is repaired, and nothing replaced, without being asked. */
export class StoreDamagedError extends StoreError {
  override readonly name = "StoreDamagedError";
  readonly file: string;

  constructor(file: string, what: string, options?: ErrorOptions) {
    super(
      `${file} is damaged: ${what}. The file was left as it is. ` +
        `Restore a backup in its place, or move the whole directory away to start empty`,
      options,
    );
    this.file = file;
  }
}

/** The store was written by a newer version. */
export class StoreVersionError extends StoreError {
  override readonly name = "StoreVersionError";

  constructor(file: string, found: number, known: number) {
    super(
      `${file} has schema ${found}, and this version knows schemas up to ${known}; ` +
        `run the version that wrote it, or a newer one`,
    );
  }
}

/** As etcd by default: patches can add to an object for ever, and it is rewritten with each change. */
const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

/** @throws StatusError 413 `RequestEntityTooLarge`. */
export function assertFits({ length }: Buffer): void {
  if (length <= MAX_OBJECT_BYTES) return;
  const message = `the object would have ${length} bytes; at most ${MAX_OBJECT_BYTES} can be stored`;
  throw new StatusError(413, "RequestEntityTooLarge", message);
}

/** Rule 78: a revision that is asked for is yet to come. Clients look for the cause. */
export const notReached = (asked: number, current: number): StatusError =>
  new StatusError(504, "Timeout", `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });

export const insufficientStorage = (cause?: unknown): StatusError =>
  withCause(
    new StatusError(
      507,
      "InsufficientStorage",
      "the disk of the state directory is full: nothing can be stored until there is room; deleting objects works",
    ),
    cause,
  );

export const storeFailed = (cause: unknown): StatusError =>
  withCause(
    new StatusError(
      500,
      "InternalError",
      "the state directory can no longer be written; whether this write is stored shows after a restart",
    ),
    cause,
  );

export const storeClosed = (): StatusError =>
  new StatusError(503, "ServiceUnavailable", "the store is closed: the server is stopping");

function withCause(error: StatusError, cause: unknown): StatusError {
  error.cause = cause;
  return error;
}
