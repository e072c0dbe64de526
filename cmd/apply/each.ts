import { CliError, EXIT } from "../cli/errors.ts";
import { say } from "../cli/io.ts";
import { refusal } from "../manifests/refused.ts";
import type { TypedManifest } from "../manifests/typed.ts";

/**
 * Does the same with each object of some files. One that fails does not keep the others back; what is wrong is told
 * where it stands in its file.
 *
 * @returns the exit code: that of the first failure.
 */
export async function forEachManifest(
  manifests: readonly TypedManifest[],
  act: (manifest: TypedManifest) => Promise<void>,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  for (const manifest of manifests) {
    try {
      await act(manifest);
    } catch (error) {
      const failed = await failureOf(error, manifest);
      say(failed.message);
      exitCode ||= failed.exitCode;
    }
  }
  return exitCode;
}

/** The error as it is told; one that is not about this object is thrown. */
export async function failureOf(error: unknown, manifest: TypedManifest): Promise<CliError> {
  if (error instanceof CliError) return error;
  const { conflictWithManagers } = await import("./conflict.ts");
  const conflict = conflictWithManagers(error, manifest);
  if (conflict) return conflict;
  const refused = await refusal(error, manifest);
  if (refused) return refused;
  const { StatusError } = await import("../../apis/errors.ts");
  if (!(error instanceof StatusError) || error.reason === "Unauthorized") throw error;
  const { statusMessage } = await import("../cli/report.ts");
  const { line, column } = manifest.places.of("metadata.name");
  return new CliError(`${manifest.file}:${line}:${column} ${statusMessage(error)}`, EXIT.failed);
}
