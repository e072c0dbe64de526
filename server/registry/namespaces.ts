import { forbidden, notFound } from "../../apis/errors.ts";
import type { Store } from "../storage/index.ts";
import type { Target } from "./types.ts";
import { subjectOf } from "./subject.ts";

/**
 * Checks that an object may be created in a namespace.
 *
 * @throws StatusError `NotFound` if there is no such namespace, `Forbidden` if it is being deleted.
 */
export function checkNamespace(store: Store, { kind, namespace, name }: Target): void {
  if (!kind.namespaced) return;
  const stored = store.get({ group: "", plural: "namespaces", namespace: "", name: namespace });
  if (!stored) throw notFound({ group: "", plural: "namespaces", name: namespace });
  if (!stored.object.metadata.deletionTimestamp) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(subjectOf(kind, name), why);
}
