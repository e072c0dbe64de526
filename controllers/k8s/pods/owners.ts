import type { KubeObject, OwnerReference } from "../../../apis/meta.ts";
import type { Cluster } from "../cluster/index.ts";

const MAX_DEPTH = 10;
/** A namespace may have thousands of pods of others: their owners are not all asked for at once. */
const AT_ONCE = 8;
const MAX_KNOWN = 10_000;

const known = new WeakMap<Cluster, Owners>();

/** The one of a cluster, which remembers for all who ask. */
export function ownersOf(cluster: Cluster): Owners {
  const owners = known.get(cluster) ?? new Owners(cluster);
  known.set(cluster, owners);
  return owners;
}

/** Finds out what objects descend from. What an object is owned by is asked once. */
class Owners {
  readonly #cluster: Cluster;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #parents = new Map<string, Promise<readonly OwnerReference[]>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The one of `roots` (uids) that is the object, or that it descends from. */
  async ancestorOf({ metadata }: KubeObject, roots: ReadonlySet<string>): Promise<string | undefined> {
    if (roots.has(metadata.uid ?? "")) return metadata.uid;
    let level = metadata.ownerReferences ?? [];
    for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
      const found = level.find(({ uid }) => roots.has(uid));
      if (found) return found.uid;
      level = (await Promise.all(level.map((ref) => this.#parentsOf(ref, metadata.namespace)))).flat();
    }
    return undefined;
  }

  #parentsOf(ref: OwnerReference, namespace: string | undefined): Promise<readonly OwnerReference[]> {
    const known = this.#parents.get(ref.uid);
    if (known) return known;
    if (this.#parents.size > MAX_KNOWN) this.#parents.clear();
    const parents = this.#inTurn(() => this.#ask(ref, namespace));
    this.#parents.set(ref.uid, parents);
    parents.catch(() => this.#parents.delete(ref.uid));
    return parents;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    while (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Owners that we may not see, or that are gone, have none themselves. */
  async #ask(
    { apiVersion, kind, name, uid }: OwnerReference,
    namespace?: string,
  ): Promise<readonly OwnerReference[]> {
    const ref = { apiVersion, kind, name, ...(namespace && { namespace }) };
    try {
      const owner = await this.#cluster.read(ref);
      return owner?.metadata.uid === uid ? (owner.metadata.ownerReferences ?? []) : [];
    } catch (error) {
      if (["Forbidden", "UnknownKind"].includes(this.#cluster.problemOf(error).reason)) return [];
      throw error;
    }
  }
}
