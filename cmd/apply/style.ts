import { usageError } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";
import type { WriteStyle } from "./write.ts";

const VALIDATION = {
  strict: "Strict",
  true: "Strict",
  "": "Strict",
  warn: "Warn",
  ignore: "Ignore",
  false: "Ignore",
} as const;

/** How a command writes, from its options. */
export function writeStyleOf(options: Options): WriteStyle {
  const validate = options.choice("validate", ["strict", "true", "", "warn", "ignore", "false"], "strict");
  return {
    dryRun: dryRunOf(options),
    fieldManager: options.text("field-manager"),
    validation: VALIDATION[validate],
  };
}

/** Whether the server merges, and whether it may take fields from their managers. */
export function serverSideOf(options: Options): { serverSide: boolean; forceConflicts: boolean } {
  const serverSide = options.flag("server-side");
  const forceConflicts = options.flag("force-conflicts");
  if (forceConflicts && !serverSide) throw usageError("--force-conflicts only works with --server-side");
  if (serverSide && options.has("dry-run") && dryRunOf(options) === "client") {
    throw usageError(
      "--dry-run=client does not work with --server-side: only the server can merge; use --dry-run=server",
    );
  }
  return { serverSide, forceConflicts };
}

/** Without a value it means `client`, as kubectl had it. */
export function dryRunOf(options: Options): "none" | "client" | "server" {
  const value = options.choice("dry-run", ["none", "client", "server", ""], "none");
  return value || "client";
}

/** What follows the verb in what is told about an object. */
export const dryRunNote = ({ dryRun = "none" }: WriteStyle): string =>
  dryRun === "none" ? "" : ` (${dryRun === "server" ? "server " : ""}dry run)`;
