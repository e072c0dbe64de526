import type { KubeObject } from "../../apis/meta.ts";
import type { Manifest } from "../manifests/manifest.ts";

/** The same objects without any watching of files: one pass is wanted, and what a build writes is no reason for another. */
export const unwatched = (manifests: readonly Manifest[]): Manifest[] =>
  manifests.map((manifest) => ({ ...manifest, object: withoutWatch(manifest.object) }));

function withoutWatch(object: KubeObject): KubeObject {
  const spec = object.spec;
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) return object;
  if (object.kind === "FileWatch") return { ...object, spec: { ...spec, disabled: true } };
  if (object.kind !== "LocalResource" && object.kind !== "LocalProcess") return object;
  const { watch: _, restartOn: __, ...rest } = spec as { watch?: unknown; restartOn?: unknown };
  return { ...object, spec: rest };
}
