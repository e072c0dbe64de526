import { dryRunNote, dryRunOf } from "../apply/style.ts";
import { tellerFor } from "../apply/tell.ts";
import { patchObject } from "../apply/write.ts";
import { EXIT, usageError } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import { statusMessage } from "../cli/report.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { findTargets, type TargetObject, thatAllow } from "../resources/targets.ts";
import { qualifiedName } from "../resources/types.ts";

type Changes = Record<string, string | null>;

/** `tiltish label` and `tiltish annotate`: the same but for the field. */
export async function run(invocation: Invocation): Promise<number> {
  const { command, options } = invocation;
  const field = command.name === "label" ? "labels" : "annotations";
  const { names, changes } = split(invocation);
  const session = await connect(options);
  const { targets: found, missing } = await findTargets(session, options, names);
  const targets = options.flag("list") ? found : thatAllow("patch", found);
  const teller = await tellerFor(options);
  let exitCode: number = missing.length ? EXIT.failed : EXIT.ok;
  for (const target of targets) {
    if (options.flag("list")) {
      list(target, field);
      continue;
    }
    const taken = options.flag("overwrite") ? undefined : takenKey(target, field, changes);
    if (taken !== undefined) {
      const { [taken]: value } = target.object.metadata[field] ?? {};
      say(`error: '${taken}' already has a value (${value}), and --overwrite is false`);
      exitCode = EXIT.failed;
      continue;
    }
    const { object, verb } = await change(invocation, session, { target, field, changes });
    teller.tell({ type: target.type, object }, verb + dryRunNote({ dryRun: dryRunOf(options) }));
  }
  await teller.end();
  for (const error of missing) say(statusMessage(error as Parameters<typeof statusMessage>[0]));
  return exitCode;
}

const isChange = (arg: string): boolean => arg.includes("=") || /^[^/]+(\/[^/]+)?-$/.test(arg);

/** `KEY=VALUE` sets and `KEY-` removes; whatever comes before names objects. */
function split({ args, options, command }: Invocation): { names: string[]; changes: Changes } {
  const changes: Changes = {};
  for (const arg of args.filter(isChange)) {
    const at = arg.indexOf("=");
    if (at < 0) changes[arg.slice(0, -1)] = null;
    else changes[arg.slice(0, at)] = arg.slice(at + 1);
  }
  if (Object.keys(changes).length === 0 && !options.flag("list")) {
    throw usageError(`what shall change? tiltish ${command.name} ${args.join(" ")} KEY=VALUE`);
  }
  return { names: args.filter((arg) => !isChange(arg)), changes };
}

function takenKey({ object }: TargetObject, field: "labels" | "annotations", changes: Changes) {
  const present = object.metadata[field] ?? {};
  return Object.entries(changes).find(
    ([key, value]) => value !== null && key in present && present[key] !== value,
  )?.[0];
}

interface Change {
  target: TargetObject;
  field: "labels" | "annotations";
  changes: Changes;
}

async function change(
  { options, command }: Invocation,
  session: Session,
  { target, field, changes }: Change,
) {
  const style = {
    dryRun: dryRunOf(options),
    fieldManager: options.text("field-manager") ?? `kubectl-${command.name}`,
  };
  const body = { metadata: { [field]: changes } };
  const object =
    style.dryRun === "client"
      ? target.object
      : await patchObject(session, target, { type: "merge", body }, style);
  const isSame = object.metadata.resourceVersion === target.object.metadata.resourceVersion;
  const participle = command.name === "label" ? "labeled" : "annotated";
  return { object, verb: isSame && style.dryRun === "none" ? `not ${participle}` : participle };
}

function list({ type, object }: TargetObject, field: "labels" | "annotations"): void {
  outLine(`Listing ${field} for ${qualifiedName(type, object.metadata.name)}:`);
  for (const [key, value] of Object.entries(object.metadata[field] ?? {})) outLine(` ${key}=${value}`);
}
