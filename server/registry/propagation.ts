import { invalid } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { ObjectMeta } from "../../apis/meta.ts";
import type { DeleteOptions } from "../../apis/transport.ts";
import { scopeOf } from "./subject.ts";

type Policy = NonNullable<DeleteOptions["propagationPolicy"]>;

const FOREGROUND_FINALIZER = "foregroundDeletion";
const ORPHAN_FINALIZER = "orphan";

/** What holds an object while its dependents are seen to. */
const FINALIZER: Record<Policy, string | undefined> = {
  Foreground: FOREGROUND_FINALIZER,
  Orphan: ORPHAN_FINALIZER,
  Background: undefined,
};

/** @throws StatusError `Invalid` for a policy that is none. */
export function checkPolicy({ propagationPolicy }: DeleteOptions): void {
  if (propagationPolicy === undefined || Object.hasOwn(FINALIZER, propagationPolicy)) return;
  const message = `Unsupported value: "${propagationPolicy as string}": supported values: "Foreground", "Background", "Orphan"`;
  throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions", name: "" }, [
    { field: "propagationPolicy", message, reason: "FieldValueNotSupported" },
  ]);
}

/**
 * The finalizers of an object that is deleted like this (rule 102). A policy that is asked for takes the place of one
 * that the object has, also when it is being deleted already; without one, the object's own finalizer says how.
 */
export function finalizersFor(
  kind: Kind,
  { finalizers = [] }: ObjectMeta,
  { propagationPolicy }: DeleteOptions,
): readonly string[] {
  const others = finalizers.filter((name) => name !== FOREGROUND_FINALIZER && name !== ORPHAN_FINALIZER);
  const own = finalizers.find((name) => name === FOREGROUND_FINALIZER || name === ORPHAN_FINALIZER);
  const wanted = propagationPolicy ? FINALIZER[propagationPolicy] : own;
  if (wanted === own && others.length + (own ? 1 : 0) === finalizers.length) return finalizers;
  return wanted && mayOwn(kind) ? [...others, wanted] : others;
}

/** Nothing belongs to an Event, and nobody would ever take the finalizer off again. */
function mayOwn(kind: Kind): boolean {
  const { group, plural } = scopeOf({ kind });
  return !(group === "" && plural === "events");
}
