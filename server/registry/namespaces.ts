import { forbidden, notFound } from "../../apis/errors.ts";
import type { Peek } from "../storage/index.ts";
import type { Target } from "./types.ts";
import { subjectOf } from "./subject.ts";

/**
 * Checks that an object may be created in a namespace. It is part of the decision to create it: a namespace whose
 * deletion was decided just before takes nothing in any more.
 *
 * @throws StatusError `NotFound` if there is no such namespace, `Forbidden` if it is being deleted.
 */
export function checkNamespace(peek: Peek, { kind, namespace, name }: Target): void {
  if (!kind.namespaced) return;
  const found = peek({ group: "", plural: "namespaces", namespace: "", name: namespace });
  if (!found) throw notFound({ group: "", plural: "namespaces", name: namespace });
  if (!found.metadata.deletionTimestamp) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(subjectOf(kind, name), why);
}
