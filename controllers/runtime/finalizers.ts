import type { KubeObject } from "../../apis/meta.ts";
import type { ObjectOf } from "../../apis/kind.ts";
import type { AnyKind, Client } from "../../client/index.ts";

type WithMetadata = Pick<KubeObject, "metadata">;

export const isBeingDeleted = ({ metadata }: WithMetadata): boolean =>
  metadata.deletionTimestamp !== undefined;

export const hasFinalizer = ({ metadata }: WithMetadata, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false;

/** What an object and a finalizer of it are named by. */
export interface FinalizerTarget<K extends AnyKind> {
  kind: K;
  object: ObjectOf<K>;
  finalizer: string;
}

/** Holds the object until the finalizer is removed. One that is being deleted takes none any more. */
export async function ensureFinalizer<K extends AnyKind>(
  client: Client,
  { kind, object, finalizer }: FinalizerTarget<K>,
): Promise<ObjectOf<K>> {
  const { metadata } = object as WithMetadata;
  if (isBeingDeleted({ metadata }) || hasFinalizer({ metadata }, finalizer)) return object;
  return client.update(kind, object, (draft) => {
    ((draft as WithMetadata).metadata.finalizers ??= []).push(finalizer);
  });
}

/** Lets go of the object; the last finalizer that goes deletes one that is being deleted. */
export async function removeFinalizer<K extends AnyKind>(
  client: Client,
  { kind, object, finalizer }: FinalizerTarget<K>,
): Promise<ObjectOf<K>> {
  if (!hasFinalizer(object, finalizer)) return object;
  return client.update(kind, object, (draft) => {
    const { metadata } = draft as WithMetadata;
    const kept = metadata.finalizers?.filter((other) => other !== finalizer);
    metadata.finalizers = kept?.length ? kept : undefined;
  });
}
