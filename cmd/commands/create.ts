import { forEachManifest } from "../apply/each.ts";
import { dryRunNote, writeStyleOf } from "../apply/style.ts";
import { tellerFor } from "../apply/tell.ts";
import { createObject } from "../apply/write.ts";
import { usageError } from "../cli/errors.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
import { manifestsFrom } from "../manifests/from-options.ts";

/** `tiltish create -f`. */
export async function run({ options, args }: Invocation): Promise<number> {
  if (args.length) throw usageError(`unexpected "${args[0]}": tiltish create takes files, with -f`);
  const session = await connect(options);
  const manifests = await manifestsFrom(options, session);
  const style = { ...writeStyleOf(options), fieldManager: options.text("field-manager") ?? "kubectl-create" };
  const teller = await tellerFor(options);
  const exitCode = await forEachManifest(manifests, async (manifest) => {
    const isAsked = style.dryRun !== "client";
    const object = isAsked ? await createObject(session, manifest, style) : manifest.object;
    teller.tell({ type: manifest.type, object }, `created${dryRunNote(style)}`);
  });
  await teller.end();
  return exitCode;
}
