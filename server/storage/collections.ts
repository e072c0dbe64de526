import { Collection } from "./collection.ts";
import { collectionIdOf } from "./record.ts";
import type { ObjectKey, Scope, Stored, StoreEvent } from "./types.ts";

/** Every object that exists, as of the newest durable revision. */
export class Collections {
  readonly #byKind = new Map<string, Collection>();

  /** How many objects there are. */
  get size(): number {
    let size = 0;
    for (const collection of this.#byKind.values()) size += collection.size;
    return size;
  }

  get(key: ObjectKey): Stored | undefined {
    return this.#byKind.get(collectionIdOf(key))?.get(key);
  }

  list(scope: Scope): Stored[] {
    return this.#byKind.get(collectionIdOf(scope))?.list(scope.namespace) ?? [];
  }

  add(stored: Stored): void {
    this.#collectionOf(stored.key).set(stored);
  }

  apply({ type, stored }: StoreEvent): void {
    if (type === "DELETED") this.#collectionOf(stored.key).delete(stored.key);
    else this.add(stored);
  }

  #collectionOf(key: ObjectKey): Collection {
    const id = collectionIdOf(key);
    const existing = this.#byKind.get(id);
    if (existing) return existing;
    const collection = new Collection();
    this.#byKind.set(id, collection);
    return collection;
  }
}
