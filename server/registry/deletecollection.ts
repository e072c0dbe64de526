import type { DeleteOptions, ListOptions } from "../../apis/transport.ts";
import type { Store } from "../storage/index.ts";
import { removeIfThere } from "./delete.ts";
import { list } from "./list.ts";
import type { Collection, Deleted, DeletedCollection } from "./types.ts";

/**
 * Deletes what a list would answer, page by page if it is asked for pages (rule 104). Every object is deleted by the
 * same options, so a precondition can only hold for one of them.
 *
 * @throws StatusError as `list` and `remove`; what was deleted until then stays deleted.
 */
export async function removeCollection(
  store: Store,
  collection: Collection,
  options: DeleteOptions & ListOptions,
): Promise<DeletedCollection> {
  const { items, ...page } = list(store, collection, options);
  const { kind } = collection;
  const outcomes = await Promise.allSettled(
    items.map(({ key: { namespace, name } }) => removeIfThere(store, { kind, namespace, name }, options)),
  );
  return { ...page, items: outcomes.flatMap(deletedOf), revision: store.revision };
}

/** A failure is told once nothing is under way any more. */
function deletedOf(outcome: PromiseSettledResult<Deleted | undefined>): Deleted[] {
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value ? [outcome.value] : [];
}
