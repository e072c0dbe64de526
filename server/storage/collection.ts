import type { ObjectKey, Stored } from "./types.ts";

/** The objects of one kind, by name and in order. */
export class Collection {
  readonly #byName = new Map<string, Stored>();
  /**
   * By namespace, then name. Always sorted: inserting moves pointers, which for 10,000 objects takes microseconds,
   * where sorting at the next list would stall it.
   */
  readonly #sorted: Stored[] = [];

  get size(): number {
    return this.#sorted.length;
  }

  get(key: ObjectKey): Stored | undefined {
    return this.#byName.get(nameOf(key));
  }

  /** Adds the object, or replaces it by its next state. */
  set(stored: Stored): void {
    const index = this.#indexOf(stored.key);
    const isThere = this.#byName.has(nameOf(stored.key));
    this.#sorted.splice(index, isThere ? 1 : 0, stored);
    this.#byName.set(nameOf(stored.key), stored);
  }

  delete(key: ObjectKey): void {
    if (this.#byName.delete(nameOf(key))) this.#sorted.splice(this.#indexOf(key), 1);
  }

  /** A copy: the caller may keep it while objects come and go. */
  list(namespace: string | undefined): Stored[] {
    if (namespace === undefined) return this.#sorted.slice();
    const start = this.#indexOf({ namespace, name: "" });
    let end = start;
    while (this.#sorted[end]?.key.namespace === namespace) end += 1;
    return this.#sorted.slice(start, end);
  }

  /** Where the object is, or would be. */
  #indexOf(key: Pick<ObjectKey, "namespace" | "name">): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#sorted[middle]!.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** By namespace, then name, bytewise: admission lets only ASCII through, whose UTF-16 order is the order of its bytes. */
export function compareKeys(
  a: Pick<ObjectKey, "namespace" | "name">,
  b: Pick<ObjectKey, "namespace" | "name">,
): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const nameOf = ({ namespace, name }: ObjectKey): string => `${namespace}\0${name}`;
