import { badRequest, StatusError } from "../../apis/errors.ts";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";

/**
 * Admits a whole object, as a server does that has a type for each built-in kind: what has a field of a wrong type
 * cannot be read there, which is 400 and not 422 (rule 50). Custom objects and patches are what they are.
 *
 * @throws whatever `admit` throws, and `BadRequest`.
 */
export function readable<T>(kind: Kind, admit: () => T): T {
  try {
    return admit();
  } catch (error) {
    throw kind.builtIn && isMistyped(error) ? unreadable(kind, error) : error;
  }
}

const isMistyped = (error: unknown): error is StatusError =>
  error instanceof StatusError &&
  error.reason === "Invalid" &&
  (error.details?.causes ?? []).some(({ reason }) => reason === "FieldValueTypeInvalid");

function unreadable(kind: Kind, { details }: StatusError): StatusError {
  const problems = details?.causes?.map(({ field, message }) => `${field}: ${message}`);
  const version = apiVersionOf(kind);
  return badRequest(
    `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: ${problems?.join(", ")}`,
  );
}
