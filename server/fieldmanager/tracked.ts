import { compare, type Changes } from "./compare.ts";
import { fieldElement } from "./element.ts";
import { difference, type FieldSet, setOf } from "./fieldset.ts";
import type { FieldType, Fields } from "./types.ts";

/**
 * Which part of the objects a path writes: for kinds with a status subresource everything but the status, and on that
 * path the status alone. What is outside is neither compared nor owned.
 */
export type Scope = "all" | "status" | "all but status";

/** What nobody ever owns: what names an object, and what only the server sets. */
const NEVER_OWNED = setOf(
  [fieldElement("apiVersion")],
  [fieldElement("kind")],
  [fieldElement("metadata")],
  ...[
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "selfLink",
  ].map((name) => [fieldElement("metadata"), fieldElement(name)]),
);

export const ownable = (set: FieldSet): FieldSet => difference(set, NEVER_OWNED);

/** What of an object is in scope, without what the server says about it. */
export function inScope(object: Fields, scope: Scope): Fields {
  const { status, metadata, ...rest } = object;
  if (scope === "status") return status === undefined ? {} : { status };
  const { managedFields: _, resourceVersion: __, ...tracked } = (metadata ?? {}) as Fields;
  return {
    ...rest,
    metadata: tracked,
    ...(scope === "all" && status !== undefined && { status }),
  };
}

interface States {
  before: Fields | undefined;
  after: Fields;
  scope: Scope;
}

/** What differs within the scope of a write. */
export const changesOf = (type: FieldType, { before, after, scope }: States): Changes =>
  compare(type, before && inScope(before, scope), inScope(after, scope));
