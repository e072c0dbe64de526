import type { FieldError, StatusReason } from "../../apis/errors.ts";
import { code, page, prose, tableOf, WRITTEN } from "./markdown.ts";

interface Explained {
  code: number;
  means: string;
  remedy: string;
}

const explain = (code: number, means: string, remedy: string): Explained => ({ code, means, remedy });

/** The type checker misses a reason that is not explained here. */
const REASONS: Record<StatusReason, Explained> = {
  BadRequest: explain(
    400,
    "The request cannot be read: malformed JSON or YAML, a wrong query value, an unknown field under strict validation.",
    "Read the message; it names the place. `kubectl explain KIND` lists the fields.",
  ),
  Unauthorized: explain(
    401,
    "The bearer token is missing or wrong, has expired, or has been deleted.",
    "Use the kubeconfig in the state directory of the server; `tiltish kubeconfig` prints it. `tiltish token create` makes another token.",
  ),
  Forbidden: explain(
    403,
    "The request is understood and refused: the token may only read, or only in another namespace; deleting the namespace `default`, creating in a namespace that is being deleted, asking to act as someone else.",
    "The message says why. `kubectl auth can-i --list` tells what the token may do. Wait until the namespace is gone, or use another.",
  ),
  NotFound: explain(
    404,
    "The object, its namespace, or the resource is not there.",
    "Check the name and the namespace (`-n`); `kubectl api-resources` lists what is served.",
  ),
  MethodNotAllowed: explain(405, "The resource has no such verb.", "Use one that discovery lists for it."),
  NotAcceptable: explain(
    406,
    "No format in the Accept header is served here.",
    "Ask for `application/json`.",
  ),
  AlreadyExists: explain(
    409,
    "An object of this name is there already.",
    "Update or apply it, choose another name, or let the server choose one with `metadata.generateName`.",
  ),
  Conflict: explain(
    409,
    "The object has changed since it was read, a precondition does not hold, or another manager owns a field that is applied.",
    "Read it again and repeat the change. For a field of another manager: leave it out, or apply with `--force-conflicts`.",
  ),
  Gone: explain(410, "What is asked for was there, and is no more.", "List again and go on from there."),
  Expired: explain(
    410,
    "The revision is older than the history that is kept, or the watcher was too slow.",
    "List again, and watch from the revision of that list. Informers do so by themselves.",
  ),
  RequestEntityTooLarge: explain(
    413,
    "The body is too large.",
    "Make the object smaller; keep data in files.",
  ),
  UnsupportedMediaType: explain(
    415,
    "The body is in a format that the resource does not take.",
    "Send JSON or YAML. Kinds of ours take no strategic merge patch: use merge, JSON patch or apply.",
  ),
  Invalid: explain(
    422,
    "The object can be read but breaks a rule. `details.causes` names every field that does.",
    "Correct the fields that are named.",
  ),
  TooManyRequests: explain(
    429,
    "Too much is asked at once.",
    "Wait for `details.retryAfterSeconds`, then try again. Clients do so by themselves.",
  ),
  InternalError: explain(500, "The server has a fault.", "Its log has the details; please report them."),
  InsufficientStorage: explain(
    507,
    "The disk is full: nothing can be stored, reading still works.",
    "Make room on the disk that holds the state directory. No restart is needed.",
  ),
  ServiceUnavailable: explain(503, "The server is starting or stopping.", "Try again in a moment."),
  Timeout: explain(
    504,
    "The server has not reached the revision that was asked for.",
    "Try again; after a restore from a backup, list without a revision.",
  ),
};

type CauseReason = NonNullable<FieldError["reason"]>;

const CAUSES: Record<CauseReason, string> = {
  FieldValueRequired: "It must be there.",
  FieldValueInvalid: "It breaks a rule, which the message tells.",
  FieldValueNotSupported: "It is not one of the values that there are.",
  FieldValueForbidden: "It must not be given here, or must not change.",
  FieldValueTooLong: "It is too long.",
  FieldValueTooMany: "It has too many items.",
  FieldValueDuplicate: "It occurs twice in a list whose items must differ.",
  FieldValueTypeInvalid: "It has the wrong type.",
};

/** Every reason with which a request can fail. */
export const errorsPage = (): string =>
  page(
    WRITTEN,
    "# Errors",
    "A request that cannot be done is answered with a `Status` object. Ask for its `reason`: the message is for people, " +
      "and may change.",
    tableOf(["Reason", "HTTP", "What it means", "What to do"], reasonRows()),
    "## Causes of `Invalid`",
    "Each entry of `details.causes` has the path of a `field`, such as `spec.argv[0]`, a `message` and one of these reasons.",
    tableOf(
      ["Reason", "What is wrong with the field"],
      Object.entries(CAUSES).map(([reason, means]) => [code(reason), means]),
    ),
  );

const reasonRows = (): string[][] =>
  Object.entries(REASONS)
    .toSorted(([, a], [, b]) => a.code - b.code)
    .map(([reason, { code: http, means, remedy }]) => [
      code(reason),
      String(http),
      prose(means),
      prose(remedy),
    ]);
