import { conflict, forbidden, isReason, notFound } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { DeleteOptions } from "../../apis/transport.ts";
import { nowSeconds } from "../clock.ts";
import { isUnchanged } from "../admission/update.ts";
import type { Change, Store } from "../storage/index.ts";
import { commit } from "./commit.ts";
import { isHeld } from "./held.ts";
import { checkPolicy, finalizersFor } from "./propagation.ts";
import { subjectOf } from "./subject.ts";
import type { Deleted, Target } from "./types.ts";

/**
 * Deletes an object: at once, or, while finalizers hold it, by marking it as being deleted.
 *
 * @throws StatusError `NotFound`; `Conflict` if a precondition does not hold; `Invalid` for bad options.
 */
export async function remove(store: Store, target: Target, options: DeleteOptions): Promise<Deleted> {
  checkPolicy(options);
  if (isImmortal(target))
    throw forbidden(subjectOf(target.kind, target.name), "this namespace may not be deleted");
  let gone = false;
  const { object, bytes } = await commit(
    store,
    target,
    (current) => {
      if (!current) throw notFound(subjectOf(target.kind, target.name));
      checkPreconditions(target, current, options);
      const change = deletionOf(target, current, options);
      gone = change !== "unchanged" && "remove" in change;
      return change;
    },
    options.dryRun,
  );
  return { object, bytes, gone };
}

/** As `remove`; undefined if somebody else was first, as may be when a whole collection goes. */
export async function removeIfThere(
  store: Store,
  target: Target,
  options: DeleteOptions,
): Promise<Deleted | undefined> {
  try {
    return await remove(store, target, options);
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  }
}

const IMMORTAL = ["default", "kube-system"];

const isImmortal = ({ kind, name }: Target): boolean =>
  kind.group === "" && kind.plural === "namespaces" && IMMORTAL.includes(name);

/** A precondition that is empty holds for no object: it must not make a careful delete a careless one. */
function checkPreconditions(
  { kind, name }: Target,
  { metadata }: KubeObject,
  { preconditions = {} }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions;
  const refuse = (why: string) => {
    throw conflict(subjectOf(kind, name), why);
  };
  if (uid !== undefined && uid !== metadata.uid) {
    refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

function deletionOf({ kind }: Target, current: KubeObject, options: DeleteOptions): Change {
  const finalizers = finalizersFor(kind, current.metadata, options);
  const { finalizers: before = [], ...rest } = current.metadata;
  const left = before.length === 0 ? current : { ...current, metadata: rest };
  if (finalizers.length === 0 && !isHeld(left)) return { remove: left };
  const dying = asDying({ kind }, current, finalizers);
  return isUnchanged(current, dying) ? "unchanged" : { put: dying };
}

function asDying(
  { kind }: Pick<Target, "kind">,
  current: KubeObject,
  finalizers: readonly string[],
): KubeObject {
  const { finalizers: _, ...metadataLeft } = current.metadata;
  const held = { ...metadataLeft, ...(finalizers.length > 0 && { finalizers: [...finalizers] }) };
  if (held.deletionTimestamp) return { ...current, metadata: held };
  const metadata = {
    ...held,
    deletionTimestamp: nowSeconds(),
    deletionGracePeriodSeconds: 0,
    ...(kind.hasGeneration && { generation: (current.metadata.generation ?? 0) + 1 }),
  };
  const isNamespace = kind.group === "" && kind.plural === "namespaces";
  const status = { ...(current["status"] as object), phase: "Terminating" };
  return { ...current, metadata, ...(isNamespace && { status }) };
}
