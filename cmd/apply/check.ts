import { StatusError } from "../../apis/errors.ts";
import type { Session } from "../connect/session.ts";
import type { TypedManifest } from "../manifests/typed.ts";
import { applyObject, type ApplyStyle } from "./apply.ts";

/**
 * The same error, with everything else that is wrong with the object.
 *
 * A server that meets unknown fields does not look any further. So it is asked once more, to overlook those, and
 * nobody has to mend a file mistake by mistake.
 */
// oxlint-disable-next-line eslint/max-params -- what went wrong, where, with what, how
export async function completed(
  error: unknown,
  session: Session,
  manifest: TypedManifest,
  style: ApplyStyle,
): Promise<unknown> {
  if (!(error instanceof StatusError) || !/(unknown|duplicate) field "/.test(error.message)) return error;
  try {
    await applyObject(session, manifest, { ...style, dryRun: "server", validation: "Ignore" });
    return error;
  } catch (more) {
    const causes = more instanceof StatusError ? (more.details?.causes ?? []) : [];
    return new StatusError(error.code, error.reason, error.message, { ...error.details, causes });
  }
}
