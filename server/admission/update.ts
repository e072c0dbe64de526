import { isDeepStrictEqual } from "node:util";
import { badRequest, conflict, type FieldError, invalid } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject, ObjectMeta } from "../../apis/meta.ts";
import { fillOf } from "./builtin.ts";
import { checkChange } from "./change.ts";
import { writable } from "./create.ts";
import type { Decoded } from "./decode.ts";
import { schemaOf } from "./schema.ts";
import { validated } from "./validate.ts";

/**
 * The object that a whole new state asks for: what clients may change from `decoded`, the rest from `current`.
 *
 * @param subresource `status`, `finalize`, or absent for everything but those.
 * @throws StatusError `BadRequest`, `Conflict` or `Invalid`.
 */
export function admitUpdate(
  kind: Kind,
  current: KubeObject,
  decoded: Decoded,
  subresource?: string,
): KubeObject {
  checkIdentity(kind, current, decoded.metadata);
  const next = ADMITTED[subresource ?? ""]!(kind, current, decoded);
  checkChange(kind, next, current);
  return next;
}

/** Whether a write would leave the object as it is (rule 55). */
export const isUnchanged = (current: KubeObject, next: KubeObject): boolean =>
  isDeepStrictEqual(current, next);

/**
 * Whether the body names the object of the URL: before anything else is asked about either (rule 115).
 *
 * @throws StatusError `BadRequest`.
 */
export function checkPlace(
  kind: Kind,
  url: { name: string; namespace?: string },
  metadata: ObjectMeta,
): void {
  if (metadata.name !== undefined && metadata.name !== url.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${url.name})`,
    );
  }
  if (kind.namespaced && metadata.namespace && metadata.namespace !== url.namespace) {
    throw badRequest(
      `the namespace of the object (${metadata.namespace}) does not match the namespace on the URL (${url.namespace})`,
    );
  }
}

function checkIdentity(kind: Kind, current: KubeObject, metadata: ObjectMeta): void {
  const { name, uid, resourceVersion } = current.metadata;
  const subject = { group: kind.group, plural: kind.plural, name };
  checkPlace(kind, current.metadata, metadata);
  if (metadata.uid && metadata.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`;
    throw conflict(subject, why);
  }
  if (metadata.resourceVersion && metadata.resourceVersion !== resourceVersion) throw conflict(subject);
}

type Admit = (kind: Kind, current: KubeObject, decoded: Decoded) => KubeObject;

const ADMITTED: Readonly<Record<string, Admit>> = {
  "": withoutStatus,
  scale: withoutStatus,
  status: withStatus,
  finalize: withFinalizers,
};

/** Only who empties the object may say that it is let go of. */
function withFinalizers(kind: Kind, current: KubeObject, { fields }: Decoded): KubeObject {
  const { finalizers } = (fields["spec"] ?? {}) as { finalizers?: unknown };
  const { apiVersion: _, kind: __, metadata, ...rest } = current;
  const spec = { ...(current["spec"] as object), finalizers: finalizers ?? [] };
  return validated(kind, { metadata, fields: { ...structuredClone(rest), spec }, current });
}

function withoutStatus(kind: Kind, current: KubeObject, { metadata, fields }: Decoded): KubeObject {
  if (kind.subresources.status) {
    delete fields["status"];
    if (current["status"] !== undefined) fields["status"] = current["status"];
  }
  if (kind.subresources.finalize && current["spec"]) fields["spec"] = structuredClone(current["spec"]);
  const own = { ...ownedByServer(current.metadata), ...writable(metadata) };
  fillOf(kind)?.(own, fields);
  checkFinalizers(kind, current.metadata, own);
  const next = validated(kind, { metadata: own, fields, current });
  if (!kind.hasGeneration || isDeepStrictEqual(desired(kind, current), desired(kind, next))) return next;
  return { ...next, metadata: { ...next.metadata, generation: (current.metadata.generation ?? 0) + 1 } };
}

function withStatus(kind: Kind, current: KubeObject, { fields }: Decoded): KubeObject {
  const { apiVersion: _, kind: __, metadata, status: ___, ...rest } = current;
  // A fresh copy: defaults that a newer version of the kind brings are filled in, and stored objects are frozen.
  const copy = schemaOf(kind).prune(rest, []);
  if (fields["status"] !== undefined) copy["status"] = fields["status"];
  return validated(kind, { metadata, fields: copy, current });
}

/** What the server keeps, whatever a client sends. */
function ownedByServer(metadata: ObjectMeta): ObjectMeta {
  const { labels: _, annotations: __, finalizers: ___, ownerReferences: ____, ...rest } = metadata;
  return rest;
}

/** Where status is no subresource it is a field like any other. */
function desired({ subresources }: Kind, object: KubeObject): object {
  const { apiVersion: _, kind: __, metadata: ___, status, ...rest } = object;
  return subresources.status ? rest : { ...rest, status };
}

/** Rule 101: an object that is being deleted gets no new finalizers. */
function checkFinalizers(kind: Kind, current: ObjectMeta, next: ObjectMeta): void {
  if (!current.deletionTimestamp) return;
  const added = (next.finalizers ?? []).filter((name) => !current.finalizers?.includes(name));
  if (added.length === 0) return;
  const error: FieldError = {
    field: "metadata.finalizers",
    message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
    reason: "FieldValueForbidden",
  };
  throw invalid({ group: kind.group, kind: kind.kind, name: current.name }, [error]);
}
