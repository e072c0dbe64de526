import { invalid } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { checkImmutable } from "./builtin.ts";

/**
 * Rules about what a write changes, beyond those for every state of an object.
 *
 * @param old is absent for a create.
 * @throws StatusError `Invalid`, naming every field that breaks a rule.
 */
export function checkChange(kind: Kind, next: KubeObject, old?: KubeObject): void {
  if (old) checkImmutable(kind, old, next);
  const errors = kind.validateChange?.({ ...next }, old && { ...old }) ?? [];
  if (errors.length === 0) return;
  throw invalid({ group: kind.group, kind: kind.kind, name: next.metadata.name }, errors);
}
