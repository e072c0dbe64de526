import { isReason } from "../../apis/errors.ts";
import { EXIT, failure, timedOut, usageError } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import type { Options } from "../cli/options.ts";
import { statusMessage } from "../cli/report.ts";
import type { Invocation } from "../cli/types.ts";
import { dryRunNote, dryRunOf } from "../apply/style.ts";
import { connect, type Session } from "../connect/session.ts";
import { deleteTarget, waitUntilGone, type Deletion } from "../resources/delete.ts";
import { findTargets, type FoundTargets, thatAllow } from "../resources/targets.ts";
import { qualifiedName } from "../resources/types.ts";

/** `tiltish delete`: by file, name or selector; waits until everything is gone. */
export async function run(invocation: Invocation): Promise<number> {
  const { options } = invocation;
  const session = await connect(options);
  const { targets: found, missing } = await whatToDelete(invocation, session);
  const targets = thatAllow("delete", found);
  const deletion = deletionOf(options);
  const gone: FoundTargets["targets"] = [];
  for (const target of targets) {
    try {
      await deleteTarget(session, target, deletion);
      gone.push(target);
      tell(options, target);
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
      missing.push(error);
    }
  }
  if (targets.length === 0 && missing.length === 0) say("No resources found");
  if (options.flag("wait", true) && dryRunOf(options) === "none") await waitForAll(session, gone, options);
  return reportMissing(missing, options);
}

async function whatToDelete({ options, args }: Invocation, session: Session): Promise<FoundTargets> {
  if (!options.has("filename")) return findTargets(session, options, args);
  if (args.length) throw usageError("give files or names, not both");
  const { manifestsFrom } = await import("../manifests/from-options.ts");
  return { targets: await manifestsFrom(options, session), missing: [] };
}

const POLICIES = { background: "Background", orphan: "Orphan", foreground: "Foreground" } as const;

function deletionOf(options: Options): Deletion {
  const cascade = options.text("cascade") ?? "background";
  const policy =
    cascade === "true" || cascade === "" ? "background" : cascade === "false" ? "orphan" : cascade;
  const asked = options.integer("grace-period") ?? -1;
  const seconds = options.flag("now") ? 1 : options.flag("force") ? 0 : asked;
  return {
    propagationPolicy: POLICIES[policy as keyof typeof POLICIES],
    ...(seconds >= 0 && { gracePeriodSeconds: seconds }),
    ...(dryRunOf(options) !== "none" && { dryRun: dryRunOf(options) as "client" | "server" }),
  };
}

function tell(options: Options, { type, object }: FoundTargets["targets"][number]): void {
  const { name } = object.metadata;
  if (options.text("output") === "name") return outLine(qualifiedName(type, name));
  const kind = type.group ? `${type.singular}.${type.group}` : type.singular;
  const verb = options.flag("force") ? "force deleted" : "deleted";
  outLine(`${kind} "${name}" ${verb}${dryRunNote({ dryRun: dryRunOf(options) })}`);
}

async function waitForAll(session: Session, gone: FoundTargets["targets"], options: Options): Promise<void> {
  const timeoutMs = options.durationMs("timeout");
  const signal = timeoutMs ? AbortSignal.timeout(timeoutMs) : undefined;
  for (const target of gone) {
    const reason = await waitUntilGone(session, target, signal);
    if (reason === undefined) continue;
    const name = qualifiedName(target.type, target.object.metadata.name);
    throw timedOut(`timed out waiting for ${name} to go: ${reason}`);
  }
}

function reportMissing(missing: Error[], options: Options): number {
  if (missing.length === 0 || options.flag("ignore-not-found")) return EXIT.ok;
  // Whoever asks for everything does not care who is first to delete it.
  if (options.flag("all") || options.has("selector")) return EXIT.ok;
  for (const error of missing) {
    say(isReason(error, "NotFound") ? statusMessage(error) : failure(error.message).message);
  }
  return EXIT.failed;
}
