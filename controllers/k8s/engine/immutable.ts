import { StatusError } from "../../../apis/errors.ts";

/**
 * Whether a cluster refuses a change because it cannot be made in place, as of the template of a Job or most of a
 * StatefulSet. If it refuses anything else as well, the object could not be made anew either.
 */
export function isImmutable(error: unknown): boolean {
  if (!(error instanceof StatusError) || error.code !== 422) return false;
  const causes = (error.details?.causes ?? []).flatMap(({ message }) => message ?? []);
  return causes.length > 0 ? causes.every(saysSo) : saysSo(error.message);
}

/**
 * Where a value is quoted, it comes before what is wrong with it, and may say anything. What is forbidden altogether is
 * told without, and goes on with other lines.
 */
function saysSo(message: string): boolean {
  const [first = ""] = message.split("\n", 1);
  return IMMUTABLE.test(/(^|: )Forbidden: /.test(first) ? first : message.trimEnd());
}

/** How Kubernetes, and rules of definitions, say it. */
const IMMUTABLE =
  /(immutable( (after|when|once) [^"]*)?|may not (be )?changed?( (in an update|once set|fields other than [^"]*))?|cannot change roleRef|can ?not be (changed|unset)|updates to [^"]+ are forbidden)\.?$/i;
