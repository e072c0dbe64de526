import { StatusError } from "../../apis/errors.ts";
import { CliError } from "../cli/errors.ts";
import type { TypedManifest } from "../manifests/typed.ts";

/** What to do when others manage fields that a file wants to change; undefined for any other error. */
export function conflictWithManagers(error: unknown, manifest: TypedManifest): CliError | undefined {
  const causes = error instanceof StatusError ? (error.details?.causes ?? []) : [];
  if (!causes.some(({ reason }) => reason === "FieldManagerConflict")) return undefined;
  const { file, places, object } = manifest;
  const { line, column } = places.of("metadata.name");
  return new CliError(
    [
      `error: ${(error as StatusError).message}`,
      `${file}:${line}:${column} ${object.kind}/${object.metadata.name} is not changed. To go on,`,
      "  take these fields over         with --force-conflicts",
      "  leave them to their managers   by removing them from the file",
      "  share them                     by giving them the values that they have now",
    ].join("\n"),
  );
}
