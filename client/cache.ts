import type { KubeObject, NamespacedName } from "../apis/meta.ts";
import { keyOf, nameOf } from "./kinds.ts";

/** The values under which an index finds an object. */
export type IndexFunction<T> = (object: T) => readonly string[];

export const byOwnerUid: IndexFunction<Pick<KubeObject, "metadata">> = ({ metadata }) =>
  (metadata.ownerReferences ?? []).map(({ uid }) => uid);

export const byNamespace: IndexFunction<Pick<KubeObject, "metadata">> = ({ metadata }) => [
  metadata.namespace ?? "",
];

export const byLabel =
  (label: string): IndexFunction<Pick<KubeObject, "metadata">> =>
  ({ metadata }) => {
    const value = metadata.labels?.[label];
    return value === undefined ? [] : [value];
  };

interface Index {
  of: IndexFunction<KubeObject>;
  keys: Map<string, Set<string>>;
}

/** Objects by namespace and name, and by whatever indexes were asked for. */
export class ObjectCache {
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexes = new Map<string, Index>();

  get size(): number {
    return this.#objects.size;
  }

  /** Adds an index; one of the same name is replaced. */
  addIndex(name: string, of: IndexFunction<KubeObject>): void {
    const index: Index = { of, keys: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) insert(index, key, object);
  }

  get(name: NamespacedName): KubeObject | undefined {
    return this.#objects.get(keyOf(name));
  }

  values(): KubeObject[] {
    return [...this.#objects.values()];
  }

  /** The objects that the index `name` has under `value`. */
  by(name: string, value: string): KubeObject[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`no index "${name}"`);
    return [...(index.keys.get(value) ?? [])].map((key) => this.#objects.get(key)!);
  }

  set(object: KubeObject): void {
    const key = keyOf(nameOf(object));
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (old) remove(index, key, old);
      insert(index, key, object);
    }
  }

  delete(name: NamespacedName): void {
    const key = keyOf(name);
    const old = this.#objects.get(key);
    if (!old) return;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) remove(index, key, old);
  }
}

function insert({ of, keys }: Index, key: string, object: KubeObject): void {
  for (const value of of(object)) {
    const set = keys.get(value);
    if (set) set.add(key);
    else keys.set(value, new Set([key]));
  }
}

function remove({ of, keys }: Index, key: string, object: KubeObject): void {
  for (const value of of(object)) {
    const set = keys.get(value);
    if (set?.delete(key) && set.size === 0) keys.delete(value);
  }
}
