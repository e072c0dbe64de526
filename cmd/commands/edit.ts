import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../apis/meta.ts";
import { failureOf } from "../apply/each.ts";
import { threeWayPatch } from "../apply/three-way.ts";
import { patchObject } from "../apply/write.ts";
import { CliError, EXIT, failure } from "../cli/errors.ts";
import { outLine, say } from "../cli/io.ts";
import { statusMessage } from "../cli/report.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { parseSource } from "../manifests/load.ts";
import { toYaml } from "../print/yaml.ts";
import { findTargets, type TargetObject } from "../resources/targets.ts";
import { qualifiedName } from "../resources/types.ts";

/** `tiltish edit`: an object in the user's editor; what was changed there is sent as a patch. */
export async function run({ options, args }: Invocation): Promise<number> {
  const session = await connect(options);
  const { targets, missing } = await findTargets(session, options, args);
  for (const target of targets) {
    const result = await edit(session, target);
    outLine(`${qualifiedName(target.type, target.object.metadata.name)} ${result}`);
  }
  for (const error of missing) say(statusMessage(error as Parameters<typeof statusMessage>[0]));
  return missing.length ? EXIT.failed : EXIT.ok;
}

async function edit(session: Session, target: TargetObject): Promise<string> {
  const { managedFields: _, ...metadata } = target.object.metadata;
  const original = { ...target.object, metadata } as KubeObject;
  const directory = await mkdtemp(join(tmpdir(), "tiltish-edit-"));
  const file = join(directory, `${metadata.name}.yaml`);
  const before = await toYaml(original);
  await writeFile(file, before, { mode: 0o600 });
  openEditor(file);
  const text = await readFile(file, "utf8");
  const result = text === before ? "not changed" : await send(session, { target, original, file, text });
  // Kept if it was refused: nobody likes to type twice.
  await rm(directory, { recursive: true, force: true });
  return result;
}

function openEditor(file: string): void {
  const editor = process.env["KUBE_EDITOR"] || process.env["VISUAL"] || process.env["EDITOR"] || "vi";
  // An editor may be given with options, as in `code --wait`; the shell takes it apart.
  const { status, error } = spawnSync("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
  if (error ?? status !== 0) throw failure(`${editor} failed; nothing was changed`);
}

interface Edited {
  target: TargetObject;
  original: KubeObject;
  file: string;
  text: string;
}

async function send(session: Session, { target, original, file, text }: Edited): Promise<string> {
  const [manifest] = parseSource({ file, text });
  const modified = manifest!.object;
  const body = threeWayPatch({ original, modified, current: original });
  if (!body) return "not changed";
  try {
    const style = { fieldManager: "kubectl-edit", validation: "Strict" } as const;
    await patchObject(session, target, { type: "merge", body }, style);
    return "edited";
  } catch (error) {
    const typed = { ...manifest!, type: target.type, namespace: target.namespace };
    const failed = await failureOf(error, typed);
    throw new CliError(`${failed.message}\nyour text is kept in ${file}`, failed.exitCode);
  }
}
