import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../apis/meta.ts";
import { applyObject } from "../apply/apply.ts";
import { failureOf } from "../apply/each.ts";
import { serverSideOf, writeStyleOf } from "../apply/style.ts";
import { readObject } from "../apply/write.ts";
import { CliError, EXIT } from "../cli/errors.ts";
import { out, say } from "../cli/io.ts";
import type { Invocation } from "../cli/types.ts";
import { connect, type Session } from "../connect/session.ts";
import { manifestsFrom } from "../manifests/from-options.ts";
import type { TypedManifest } from "../manifests/typed.ts";
import { toYaml } from "../print/yaml.ts";

/** As kubectl has it: 0 the same, 1 something differs, more than 1 an error. */
const TROUBLE = 2;

/** `tiltish diff -f`: what an apply would change, as the server would store it. */
export async function run({ options }: Invocation): Promise<number> {
  const serverSide = serverSideOf(options);
  const session = await connect(options);
  const manifests = await manifestsFrom(options, session);
  const style = { ...writeStyleOf(options), ...serverSide, dryRun: "server" } as const;
  const directory = await mkdtemp(join(tmpdir(), "tiltish-diff-"));
  try {
    for (const manifest of manifests) {
      const live = await readObject(session, manifest);
      const { object } = await tried(session, manifest, style);
      await write(directory, "LIVE", { manifest, object: live });
      await write(directory, "MERGED", { manifest, object });
    }
    return compare(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function tried(session: Session, manifest: TypedManifest, style: Parameters<typeof applyObject>[2]) {
  try {
    return await applyObject(session, manifest, style);
  } catch (error) {
    throw new CliError((await failureOf(error, manifest)).message, TROUBLE);
  }
}

async function write(
  directory: string,
  side: "LIVE" | "MERGED",
  { manifest, object }: { manifest: TypedManifest; object: KubeObject | undefined },
): Promise<void> {
  const folder = join(directory, side);
  await mkdir(folder, { recursive: true });
  if (!object) return;
  const { managedFields: _, resourceVersion: __, ...metadata } = object.metadata;
  const { plural } = manifest.type;
  await writeFile(join(folder, `${plural}.${metadata.name}.yaml`), await toYaml({ ...object, metadata }));
}

function compare(directory: string): number {
  const [program, ...words] = (process.env["KUBECTL_EXTERNAL_DIFF"] ?? "diff -u -N -r").split(/\s+/);
  const args = [...words, "LIVE", "MERGED"];
  const { status, stdout, stderr, error } = spawnSync(program!, args, { cwd: directory, encoding: "utf8" });
  if (error) throw new CliError(`error: cannot run ${program}: ${error.message}`, TROUBLE);
  out(stdout);
  if (stderr) say(stderr.trimEnd());
  return status ?? EXIT.failed;
}
