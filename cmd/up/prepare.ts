import { sessionFor, type Session } from "../connect/session.ts";
import type { FoundInstance } from "../instances.ts";
import type { Manifest } from "../manifests/manifest.ts";
import { typedManifests } from "../manifests/typed.ts";
import { applyProject, ensureNamespace, type AppliedObject } from "./apply.ts";
import { prune } from "./prune.ts";

export interface ToPrepare {
  root: string;
  manifests: readonly Manifest[];
  namespace: string | undefined;
  /** Leave what an earlier `up` applied and is not among the manifests: only a part is asked for. */
  keepOthers?: boolean;
}

/** What is as the project says. */
export interface Prepared {
  session: Session;
  instance: FoundInstance;
  applied: readonly AppliedObject[];
  pruned: number;
}

/** Applies what the project says, and removes what it says no more. */
export async function prepare(
  instance: FoundInstance,
  { root, manifests, namespace, keepOthers = false }: ToPrepare,
): Promise<Prepared> {
  const session = sessionFor(instance, namespace);
  await ensureNamespace(session, root);
  const typed = typedManifests(manifests, await session.types(), session.namespace);
  const applied = await applyProject(session, typed);
  const pruned = keepOthers ? [] : await prune(session, applied);
  return { session, instance, applied, pruned: pruned.length };
}
