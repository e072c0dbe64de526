import type { KubeObject } from "../../apis/meta.ts";
import { didYouMean } from "../cli/suggest.ts";
import { versionOf, type ResourceType, type ResourceTypes } from "../resources/types.ts";
import { problemAt, type Manifest } from "./manifest.ts";
import { invalidManifest, type Problem } from "./problem.ts";

/** An object of a file, with the kind that it is of, in the namespace where it shall be. */
export interface TypedManifest extends Manifest {
  type: ResourceType;
  /** Empty for a cluster-scoped object. */
  namespace: string;
}

/**
 * Finds the kind of each object, and its namespace.
 *
 * @param enforced - The namespace that the call names: an object that names another one is refused.
 * @throws CliError with exit code 2 that lists everything that is wrong.
 */
export function typedManifests(
  manifests: readonly Manifest[],
  types: ResourceTypes,
  namespace: string,
  enforced = false,
): TypedManifest[] {
  const problems: Problem[] = [];
  const typed = manifests.flatMap((manifest) => {
    const { apiVersion, kind, metadata } = manifest.object;
    const type = types.of(apiVersion, kind);
    if (!type) {
      problems.push(unknownKind(manifest, types));
      return [];
    }
    const home = type.namespaced ? (metadata.namespace ?? namespace) : "";
    if (enforced && type.namespaced && home !== namespace) {
      problems.push(problemAt(manifest, "metadata.namespace", `is "${home}", but -n says "${namespace}"`));
    }
    return [{ ...manifest, type, namespace: home, object: placed(manifest.object, home) }];
  });
  if (problems.length) throw invalidManifest(problems);
  return typed;
}

function placed(object: KubeObject, namespace: string): KubeObject {
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata: namespace ? { ...metadata, namespace } : metadata };
}

function unknownKind(manifest: Manifest, types: ResourceTypes): Problem {
  const { apiVersion, kind } = manifest.object;
  const elsewhere = types.all.filter((type) => type.kind === kind);
  if (elsewhere.length) {
    const served = elsewhere.map(versionOf).join(" or ");
    return problemAt(manifest, "apiVersion", `${kind} is served as ${served}, not as "${apiVersion}"`);
  }
  const kinds = types.all.map((type) => type.kind);
  const hint = didYouMean(kind, kinds) || "; tiltish api-resources lists them all";
  return problemAt(manifest, "kind", `there is no kind "${kind}"${hint}`);
}
