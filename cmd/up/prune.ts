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
  return (await objectsIn(session, namespace)).filter(isApplied);
}

async function objectsIn(session: Session, namespace: string | undefined): Promise<TargetObject[]> {
  const types = await prunableTypes(session);
  const lists = await Promise.all(types.map((type) => listAll(session, type, namespace)));
  return lists.flat();
}

async function listAll(
  session: Session,
  type: ResourceType,
  namespace: string | undefined,
): Promise<TargetObject[]> {
  const path = listPath(type, { namespace, labelSelector: undefined, fieldSelector: undefined });
  const { items } = await session.json<KubeList>(path);
  return items.map((object) => ({ type, namespace: object.metadata.namespace ?? "", object }));
}

/** What has an owner is the concern of its owner, whatever its labels are. */
const isApplied = ({ object }: TargetObject): boolean =>
  object.metadata.labels?.[APPLIED_BY.label] === APPLIED_BY.value && ownersOf(object).length === 0;

const ownersOf = ({ metadata }: KubeObject): string[] =>
  (metadata.ownerReferences ?? []).map(({ uid }) => uid);

/**
 * Deletes what an earlier `up` applied in these namespaces and this one did not.
 *
 * What those own is deleted with them: while no controller runs nobody else does it, and it must not be started again.
 */
export async function prune(session: Session, kept: readonly TargetObject[]): Promise<TargetObject[]> {
  const keptUids = new Set(kept.map(({ object }) => object.metadata.uid));
  const namespaces = new Set([session.namespace, ...kept.map(({ namespace }) => namespace)].filter(Boolean));
  const lists = await Promise.all([...namespaces].map((namespace) => objectsIn(session, namespace)));
  const all = lists.flat();
  const dropped = all.filter((one) => isApplied(one) && !keptUids.has(one.object.metadata.uid));
  const droppedUids = new Set(dropped.map(({ object }) => object.metadata.uid));
  const theirs = all.filter(({ object }) => ownersOf(object).some((uid) => droppedUids.has(uid)));
  await deleteAll(session, [...dropped, ...theirs]);
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
