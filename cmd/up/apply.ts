import { ROOT_ANNOTATION, type KubeObject } from "../../apis/meta.ts";
import { applyObject } from "../apply/apply.ts";
import { completed } from "../apply/check.ts";
import { failureOf } from "../apply/each.ts";
import { patchObject, readObject, createObject } from "../apply/write.ts";
import { CliError } from "../cli/errors.ts";
import type { Session } from "../connect/session.ts";
import type { TypedManifest } from "../manifests/typed.ts";
import type { TargetObject } from "../resources/targets.ts";
import type { ResourceType } from "../resources/types.ts";

/** On every object that `up` applied, so that `up` and `down` know it again. */
export const APPLIED_BY = { label: "tiltish.dev/applied-by", value: "up" } as const;

export interface AppliedObject extends TargetObject {
  result: string;
}

/**
 * Applies all objects of a project, or none: each is tried first, so that a mistake in one of them is told before
 * anything has changed.
 *
 * @throws CliError that lists everything that is wrong, with file, line and column.
 */
export async function applyProject(
  session: Session,
  manifests: readonly TypedManifest[],
): Promise<AppliedObject[]> {
  const labelled = manifests.map(withLabel);
  const namespaces = labelled.filter(isNamespace);
  const others = labelled.filter((manifest) => !isNamespace(manifest));
  // What is in a namespace can only be tried once that is there.
  const first = await applyAll(session, namespaces);
  await tryProject(session, others);
  return [...first, ...(await applyAll(session, others))];
}

const isNamespace = ({ type }: TypedManifest): boolean => type.kind === "Namespace";

function withLabel(manifest: TypedManifest): TypedManifest {
  const { metadata } = manifest.object;
  const labels = { ...metadata.labels, [APPLIED_BY.label]: APPLIED_BY.value };
  return { ...manifest, object: { ...manifest.object, metadata: { ...metadata, labels } } };
}

/**
 * Asks the server what it thinks of them, and changes nothing.
 *
 * @throws CliError that lists everything that is wrong, with file, line and column.
 */
export async function tryProject(session: Session, manifests: readonly TypedManifest[]): Promise<void> {
  const failures = await Promise.all(
    manifests.map(async (manifest) => {
      const style = { dryRun: "server", validation: "Strict" } as const;
      try {
        await applyObject(session, manifest, style);
        return [];
      } catch (error) {
        return [await failureOf(await completed(error, session, manifest, style), manifest)];
      }
    }),
  );
  const [first, ...more] = failures.flat();
  if (first) throw new CliError([first, ...more].map(({ message }) => message).join("\n"), first.exitCode);
}

async function applyAll(session: Session, manifests: readonly TypedManifest[]): Promise<AppliedObject[]> {
  const applied: AppliedObject[] = [];
  for (const manifest of manifests) {
    try {
      const { object, result } = await applyObject(session, manifest, { validation: "Strict" });
      applied.push({ type: manifest.type, namespace: manifest.namespace, object, result });
    } catch (error) {
      throw await failureOf(error, manifest);
    }
  }
  return applied;
}

/** Makes the namespace, with the directory that its relative paths mean. */
export async function ensureNamespace(session: Session, root: string): Promise<void> {
  const type = (await session.types()).one("namespaces");
  const annotations = { [ROOT_ANNOTATION]: root };
  const metadata = { name: session.namespace, annotations };
  const target = { type, namespace: "", object: { apiVersion: "v1", kind: "Namespace", metadata } };
  const present = await readObject(session, target);
  if (!present) await createObject(session, target, { fieldManager: "tiltish-up" });
  else if (rootOf(present) !== root && session.namespace !== "default") {
    const patch = { type: "merge", body: { metadata: { annotations } } } as const;
    await patchObject(session, target, patch, { fieldManager: "tiltish-up" });
  }
}

const rootOf = ({ metadata }: KubeObject): string | undefined => metadata.annotations?.[ROOT_ANNOTATION];

/** Kinds whose objects `up` may have applied. */
export async function prunableTypes(session: Session): Promise<ResourceType[]> {
  const { all } = await session.types();
  return all.filter(
    ({ group, kind, verbs }) =>
      verbs.includes("list") &&
      verbs.includes("delete") &&
      (group === "tiltish.dev" || kind === "ConfigMap" || kind === "Secret"),
  );
}
