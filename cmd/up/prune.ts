import { isReason } from "../../apis/errors.ts";
import type { KubeList, KubeObject } from "../../apis/meta.ts";
import type { Session } from "../connect/session.ts";
import { listPath } from "../get/query.ts";
import { deleteTarget } from "../resources/delete.ts";
import type { TargetObject } from "../resources/targets.ts";
import type { ResourceType } from "../resources/types.ts";
import { APPLIED_BY, prunableTypes } from "./apply.ts";

/** Everything that an `up` applied. What others made of it, and own, goes with it. */
export async function appliedByUp(session: Session, namespace?: string): Promise<TargetObject[]> {
  const types = await prunableTypes(session);
  const lists = await Promise.all(types.map((type) => listApplied(session, type, namespace)));
  return lists.flat();
}

async function listApplied(
  session: Session,
  type: ResourceType,
  namespace: string | undefined,
): Promise<TargetObject[]> {
  const labelSelector = `${APPLIED_BY.label}=${APPLIED_BY.value}`;
  const path = listPath(type, { namespace, labelSelector, fieldSelector: undefined });
  const { items } = await session.json<KubeList>(path);
  return items
    .filter((object) => !isOwned(object))
    .map((object) => ({ type, namespace: object.metadata.namespace ?? "", object }));
}

/** Controllers hand labels on to what they make. */
const isOwned = ({ metadata }: KubeObject): boolean => (metadata.ownerReferences ?? []).length > 0;

/** Deletes what an earlier `up` applied in these namespaces and this one did not. */
export async function prune(session: Session, kept: readonly TargetObject[]): Promise<TargetObject[]> {
  const keptUids = new Set(kept.map(({ object }) => object.metadata.uid));
  const namespaces = new Set([session.namespace, ...kept.map(({ namespace }) => namespace)].filter(Boolean));
  const lists = await Promise.all([...namespaces].map((namespace) => appliedByUp(session, namespace)));
  const dropped = lists.flat().filter(({ object }) => !keptUids.has(object.metadata.uid));
  await deleteAll(session, dropped);
  return dropped;
}

export async function deleteAll(session: Session, targets: readonly TargetObject[]): Promise<void> {
  for (const target of targets) {
    try {
      await deleteTarget(session, target, { propagationPolicy: "Background" });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
  }
}
