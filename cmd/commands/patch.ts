import { readFile } from "node:fs/promises";
import { dryRunNote, dryRunOf } from "../apply/style.ts";
import { tellerFor } from "../apply/tell.ts";
import { patchObject, type WriteStyle } from "../apply/write.ts";
import { CliError, EXIT, usageError } from "../cli/errors.ts";
import { say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import { statusMessage } from "../cli/report.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
import { findTargets } from "../resources/targets.ts";

/** `tiltish patch`. Without `--type` it is a merge patch: ours are custom kinds, for which kubectl too means that. */
export async function run({ options, args }: Invocation): Promise<number> {
  const body = await patchBody(options);
  const session = await connect(options);
  const { targets, missing } = await findTargets(session, options, args);
  const style: WriteStyle = {
    dryRun: dryRunOf(options),
    fieldManager: options.text("field-manager") ?? "kubectl-patch",
  };
  const type = options.choice("type", ["merge", "json", "strategic"], "merge");
  const teller = await tellerFor(options);
  for (const target of targets) {
    const patch = { type, body, subresource: options.text("subresource") };
    const object =
      style.dryRun === "client" ? target.object : await patchObject(session, target, patch, style);
    const isSame = object.metadata.resourceVersion === target.object.metadata.resourceVersion;
    teller.tell({ type: target.type, object }, `patched${isSame ? " (no change)" : ""}${dryRunNote(style)}`);
  }
  await teller.end();
  for (const error of missing) say(statusMessage(error as Parameters<typeof statusMessage>[0]));
  return missing.length ? EXIT.failed : EXIT.ok;
}

async function patchBody(options: Options): Promise<unknown> {
  const file = options.text("patch-file");
  const text =
    file === undefined ? options.text("patch") : await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined && file !== undefined) throw usageError(`the path "${file}" does not exist`);
  if (!text) throw usageError("what shall change? Give the patch with -p or --patch-file");
  const { parse } = await import("yaml");
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw new CliError(`error: the patch is neither JSON nor YAML: ${(cause as Error).message}`, EXIT.usage);
  }
}
