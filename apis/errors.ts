/** One field that is wrong, in the terms of `metav1.StatusCause`. */
export interface StatusCause {
  reason?: string;
  message?: string;
  /** Path of the field, such as `spec.argv[0]`. */
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  /** Plural resource name, or the Kind for 422, as the Kubernetes API server does. */
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** `metav1.Status`: what a failed request answers with. */
export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { continue?: string };
  status: "Success" | "Failure";
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code?: number;
}

export type StatusReason =
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Expired"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "Invalid"
  | "TooManyRequests"
  | "InternalError"
  | "InsufficientStorage"
  | "ServiceUnavailable"
  | "Timeout";

/**
 * A request that cannot be done, the same on both sides of the wire.
 *
 * Ask `reason`; never parse `message`.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;

  // oxlint-disable-next-line eslint/max-params -- code, reason, message is the order of a Status line
  constructor(code: number, reason: StatusReason, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The body to answer with. */
  toStatus(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }

  /** The error that a `Status` body stands for. */
  static from(status: Partial<Status>, httpCode = 500): StatusError {
    const code = status.code ?? httpCode;
    return new StatusError(
      code,
      status.reason ?? "InternalError",
      status.message ?? `HTTP ${code}`,
      status.details,
    );
  }
}

/** Whether `error` is a {@link StatusError} with this reason. */
export const isReason = (error: unknown, reason: StatusReason): error is StatusError =>
  error instanceof StatusError && error.reason === reason;

/** What an error about one object must name. `group` is empty for the core group. */
export interface Subject {
  group: string;
  plural: string;
  name: string;
}

/** What an error says about the object that it is about. */
export const detailsOf = ({ group, plural, name }: Subject): StatusDetails => ({
  name,
  ...(group && { group }),
  kind: plural,
});

/** `localprocesses.tiltish.dev`, or `configmaps` in the core group. */
export const qualified = ({ group, plural }: Pick<Subject, "group" | "plural">): string =>
  group ? `${plural}.${group}` : plural;

export const badRequest = (message: string): StatusError => new StatusError(400, "BadRequest", message);

export const unauthorized = (): StatusError => new StatusError(401, "Unauthorized", "Unauthorized");

export const forbidden = (subject: Subject, why: string): StatusError =>
  new StatusError(
    403,
    "Forbidden",
    `${qualified(subject)} "${subject.name}" is forbidden: ${why}`,
    detailsOf(subject),
  );

export const notFound = (subject: Subject): StatusError =>
  new StatusError(404, "NotFound", `${qualified(subject)} "${subject.name}" not found`, detailsOf(subject));

export const alreadyExists = (subject: Subject): StatusError =>
  new StatusError(
    409,
    "AlreadyExists",
    `${qualified(subject)} "${subject.name}" already exists`,
    detailsOf(subject),
  );

export const conflict = (
  subject: Subject,
  why = "the object has been modified; please apply your changes to the latest version and try again",
): StatusError =>
  new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(subject)} "${subject.name}": ${why}`,
    detailsOf(subject),
  );

export const expired = (message: string): StatusError => new StatusError(410, "Expired", message);

/** A field that breaks a rule. `reason` is one of the `FieldValue…` causes of Kubernetes. */
export interface FieldError {
  field: string;
  message: string;
  reason?:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueDuplicate"
    | "FieldValueTypeInvalid";
}

/** More than anybody reads: an error must not be larger than what it is about. */
const MAX_FIELD_ERRORS = 100;

/** 422, naming the fields that are wrong. */
export function invalid(
  subject: { group: string; kind: string; name: string },
  all: readonly FieldError[],
): StatusError {
  const { group, kind, name } = subject;
  const errors = all.slice(0, MAX_FIELD_ERRORS);
  const lines = errors.map(({ field, message }) => `${field}: ${message}`);
  if (all.length > errors.length) lines.push(`and ${all.length - errors.length} more`);
  const text = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  const causes = errors.map(({ field, message, reason = "FieldValueInvalid" }) => ({
    reason,
    message,
    field,
  }));
  return new StatusError(
    422,
    "Invalid",
    `${group ? `${kind}.${group}` : kind} "${name}" is invalid: ${text}`,
    {
      name,
      ...(group && { group }),
      kind,
      causes,
    },
  );
}
