import type { KubeObject } from "../../apis/meta.ts";

/** Whether anybody still has to let go of an object that is being deleted. */
export const isHeld = (object: KubeObject): boolean =>
  Boolean(object.metadata.finalizers?.length) || specFinalizersOf(object).length > 0;

/** A Namespace is held by `spec.finalizers` as well; no other kind is, whatever its spec says. */
function specFinalizersOf({ apiVersion, kind, spec }: KubeObject): readonly unknown[] {
  if (apiVersion !== "v1" || kind !== "Namespace") return [];
  return (spec as { finalizers?: unknown[] } | undefined)?.finalizers ?? [];
}
