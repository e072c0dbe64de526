import { randomInt, randomUUID } from "node:crypto";
import { badRequest, invalid } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "../../apis/meta.ts";
import { nowSeconds } from "../clock.ts";
import type { Decoded } from "./decode.ts";
import { fillOf } from "./builtin.ts";
import { checkChange } from "./change.ts";
import { validated } from "./validate.ts";

const SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/**
 * The object that a create request asks for, with the metadata that the server owns (rules 42-47).
 *
 * @param namespace of the URL; empty for a cluster-scoped kind.
 * @throws StatusError `BadRequest` or `Invalid`.
 */
export function admitCreate(kind: Kind, namespace: string, { metadata, fields }: Decoded): KubeObject {
  if (metadata.resourceVersion)
    throw badRequest("resourceVersion should not be set on objects to be created");
  if (kind.namespaced && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const own: ObjectMeta = {
    name: nameOf(kind, metadata),
    ...(metadata.generateName && { generateName: metadata.generateName }),
    ...(kind.namespaced && { namespace }),
    uid: randomUUID(),
    creationTimestamp: nowSeconds(),
    ...(kind.hasGeneration && { generation: 1 }),
    ...writable(metadata),
  };
  if (kind.subresources.status) delete fields["status"];
  fillOf(kind)?.(own, fields);
  const object = validated(kind, { metadata: own, fields });
  checkChange(kind, object);
  return object;
}

/** The fields of the metadata that belong to clients. */
export function writable({
  labels,
  annotations,
  finalizers,
  ownerReferences,
}: ObjectMeta): Partial<ObjectMeta> {
  return {
    ...(labels !== undefined && !isEmpty(labels) && { labels }),
    ...(annotations !== undefined && !isEmpty(annotations) && { annotations }),
    ...(ownerReferences !== undefined &&
      !isEmpty(ownerReferences) && { ownerReferences: withoutTwins(ownerReferences) }),
    ...(finalizers !== undefined && !isEmpty(finalizers) && { finalizers: [...new Set(finalizers)] }),
  };
}

/** The first of each uid. */
function withoutTwins(owners: readonly OwnerReference[]): OwnerReference[] {
  const known = new Set<unknown>();
  return owners.filter((owner) => {
    const { uid } = (owner ?? {}) as Partial<OwnerReference>;
    const isTwin = uid !== undefined && known.has(uid);
    known.add(uid);
    return !isTwin;
  });
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

function nameOf(kind: Kind, { name, generateName }: ObjectMeta): string {
  if (name !== undefined && name !== "") return name;
  if (generateName) return generateName.slice(0, 58) + randomSuffix();
  throw invalid({ group: kind.group, kind: kind.kind, name: "" }, [
    {
      field: "metadata.name",
      message: "Required value: name or generateName is required",
      reason: "FieldValueRequired",
    },
  ]);
}

const randomSuffix = (): string =>
  Array.from({ length: 5 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]).join("");
