import { notFound } from "../../apis/errors.ts";
import type { Store } from "../storage/index.ts";
import { create } from "./create.ts";
import { remove, removeIfThere } from "./delete.ts";
import { list } from "./list.ts";
import { patch } from "./patch.ts";
import { keyOf, subjectOf } from "./subject.ts";
import type { Kinds, Registry } from "./types.ts";
import { update } from "./update.ts";
import { viewed } from "./view.ts";

export type {
  Collection,
  Deleted,
  Kinds,
  Listed,
  Registry,
  RequestOptions,
  Target,
  Written,
} from "./types.ts";
export { createKinds } from "./kinds.ts";
export { patchTypesOf } from "./patch/index.ts";

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
    create: (collection, body, options) => create(store, collection, body, options),
    update: (target, body, options) => update(store, target, body, options),
    patch: (target, request, options) => patch(store, target, request, options),
    delete: (target, options) => remove(store, target, options),
    async deleteCollection(collection, options) {
      const { items } = list(store, collection, options);
      const targets = items.map(({ key }) => ({
        kind: collection.kind,
        namespace: key.namespace,
        name: key.name,
      }));
      const deleted = await Promise.all(targets.map((target) => removeIfThere(store, target, options)));
      return deleted.flatMap((one) => one ?? []);
    },
  };
}
