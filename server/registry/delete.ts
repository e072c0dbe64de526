import { conflict, forbidden, invalid, isReason, notFound } from "../../apis/errors.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { DeleteOptions } from "../../apis/transport.ts";
import { nowSeconds } from "../clock.ts";
import { isUnchanged } from "../admission/update.ts";
import type { Store } from "../storage/index.ts";
import { commit } from "./commit.ts";
import { subjectOf } from "./subject.ts";
import type { Deleted, Target } from "./types.ts";

const POLICY_FINALIZER = { Foreground: "foregroundDeletion", Orphan: "orphan", Background: undefined };

/**
 * Deletes an object: at once, or, while finalizers hold it, by marking it as being deleted.
 *
 * @throws StatusError `NotFound`; `Conflict` if a precondition does not hold; `Invalid` for bad options.
 */
export async function remove(store: Store, target: Target, options: DeleteOptions): Promise<Deleted> {
  checkPolicy(options);
  if (isDefaultNamespace(target))
    throw forbidden(subjectOf(target.kind, target.name), "this namespace may not be deleted");
  let gone = false;
  const { object, bytes } = await commit(
    store,
    target,
    (current) => {
      if (!current) throw notFound(subjectOf(target.kind, target.name));
      checkPreconditions(target, current, options);
      const finalizers = finalizersFor(current, options);
      gone = finalizers.length === 0;
      if (gone) return { remove: current };
      const dying = asDying(target, current, finalizers);
      return isUnchanged(current, dying) ? "unchanged" : { put: dying };
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

function checkPolicy({ propagationPolicy }: DeleteOptions): void {
  if (propagationPolicy === undefined || propagationPolicy in POLICY_FINALIZER) return;
  const message = `Unsupported value: "${propagationPolicy as string}": supported values: "Foreground", "Background", "Orphan"`;
  throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions", name: "" }, [
    { field: "propagationPolicy", message, reason: "FieldValueNotSupported" },
  ]);
}

const isDefaultNamespace = ({ kind, name }: Target): boolean =>
  kind.group === "" && kind.plural === "namespaces" && name === "default";

function checkPreconditions(
  target: Target,
  { metadata }: KubeObject,
  { preconditions = {} }: DeleteOptions,
): void {
  const subject = subjectOf(target.kind, target.name);
  const { uid, resourceVersion } = preconditions;
  if (uid && uid !== metadata.uid) {
    throw conflict(
      subject,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    );
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      subject,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`,
    );
  }
}

function finalizersFor({ metadata }: KubeObject, { propagationPolicy }: DeleteOptions): readonly string[] {
  const present = metadata.finalizers ?? [];
  // A second delete does not change how the first one is carried out.
  const added = metadata.deletionTimestamp ? undefined : POLICY_FINALIZER[propagationPolicy ?? "Background"];
  return added && !present.includes(added) ? [...present, added] : present;
}

function asDying({ kind }: Target, current: KubeObject, finalizers: readonly string[]): KubeObject {
  if (current.metadata.deletionTimestamp) return current;
  const metadata = {
    ...current.metadata,
    deletionTimestamp: nowSeconds(),
    deletionGracePeriodSeconds: 0,
    ...(kind.hasGeneration && { generation: (current.metadata.generation ?? 0) + 1 }),
    finalizers: [...finalizers],
  };
  const isNamespace = kind.group === "" && kind.plural === "namespaces";
  return { ...current, metadata, ...(isNamespace && { status: { phase: "Terminating" } }) };
}
