import { notFound } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import { warningsOf } from "../admission/builtin.ts";
import { ownerWarnings } from "../admission/metadata.ts";
import type { Store } from "../storage/index.ts";
import { create } from "./create.ts";
import { notServed, withNewest } from "./definitions.ts";
import { remove } from "./delete.ts";
import { removeCollection } from "./deletecollection.ts";
import { list } from "./list.ts";
import { patch } from "./patch.ts";
import { keyOf, subjectOf } from "./subject.ts";
import type { Kinds, Registry, RequestOptions, Written } from "./types.ts";
import { update } from "./update.ts";
import { viewed } from "./view.ts";

export type {
  Collection,
  Deleted,
  DeletedCollection,
  Kinds,
  Listed,
  Registry,
  RequestOptions,
  Target,
  Written,
} from "./types.ts";
export { newestOf } from "./definitions.ts";
export { createKinds } from "./kinds.ts";
export { patchOf, patchTypesOf } from "./patch/index.ts";
export { readOnly } from "./view.ts";

/** The verbs over one store. */
export function createRegistry(store: Store, kinds: Kinds): Registry {
  return {
    kinds,
    get(target) {
      const stored = store.get(keyOf(target));
      if (!stored) throw notFound(subjectOf(target.kind, target.name));
      return viewed(target.kind, stored);
    },
    list: (collection, options) => list(store, collection, options),
    create: (collection, body, options) =>
      withNewest(kinds, collection, async (collection) =>
        withWarnings(collection.kind, await create(store, collection, body, options), body),
      ),
    update: (target, body, options) =>
      withNewest(kinds, target, async (target) => {
        checkSubresource(target.kind, options);
        return withWarnings(target.kind, await update(store, target, body, options), body);
      }),
    patch: (target, request, options) =>
      withNewest(kinds, target, async (target) => {
        checkSubresource(target.kind, options);
        return withWarnings(target.kind, await patch(store, target, request, options));
      }),
    delete: (target, options) => withNewest(kinds, target, (target) => remove(store, target, options)),
    deleteCollection: (collection, options) =>
      withNewest(kinds, collection, (collection) => removeCollection(store, collection, options)),
  };
}

/** A definition may have lost since what the request is about. */
function checkSubresource({ custom, subresources }: Kind, { subresource }: RequestOptions): void {
  if (!custom) return;
  if (subresource === "status" && !subresources.status) throw notServed();
  if (subresource === "scale" && !subresources.scale) throw notServed();
}

/** Also says what the server will not do of what was written. */
function withWarnings(kind: Kind, written: Written, body?: unknown): Written {
  const { metadata } = (body ?? {}) as { metadata?: unknown };
  const more = [...(warningsOf(kind)?.(written.object) ?? []), ...ownerWarnings(metadata)];
  return more.length === 0 ? written : { ...written, warnings: [...written.warnings, ...more] };
}
