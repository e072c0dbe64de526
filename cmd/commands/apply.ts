import { applyObject } from "../apply/apply.ts";
import { completed } from "../apply/check.ts";
import { forEachManifest } from "../apply/each.ts";
import { dryRunNote, serverSideOf, writeStyleOf } from "../apply/style.ts";
import { tellerFor } from "../apply/tell.ts";
import { failure, usageError } from "../cli/errors.ts";
import type { Invocation } from "../cli/types.ts";
import { connect } from "../connect/session.ts";
import { manifestsFrom } from "../manifests/from-options.ts";

/** `tiltish apply -f`: a three-way merge here, or with `--server-side` one on the server, as kubectl does them. */
export async function run({ options, args }: Invocation): Promise<number> {
  if (options.flag("prune")) throw failure("--prune is not supported yet; tiltish up prunes what it applied");
  if (args.length) throw usageError(`unexpected "${args[0]}": files are given with -f`);
  const serverSide = serverSideOf(options);
  const session = await connect(options);
  const manifests = await manifestsFrom(options, session);
  const style = { ...writeStyleOf(options), ...serverSide };
  const teller = await tellerFor(options);
  const exitCode = await forEachManifest(manifests, async (manifest) => {
    if (!manifest.object.metadata.name) throw failure(`${manifest.file}: cannot use generateName with apply`);
    const { object, result } = await applyObject(session, manifest, style).catch(async (error: unknown) => {
      throw await completed(error, session, manifest, style);
    });
    teller.tell({ type: manifest.type, object }, result + dryRunNote(style));
  });
  await teller.end();
  return exitCode;
}
