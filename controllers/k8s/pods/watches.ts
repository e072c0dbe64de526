import type { KubeObject } from "../../../apis/meta.ts";
import type { AnyKind, AnyObject, Informer } from "../../../client/index.ts";
import type { Cluster } from "../cluster/index.ts";

/** Kinds that tell how what was applied is doing. */
export const WATCHED = {
  Pod: "v1",
  Service: "v1",
  Job: "batch/v1",
} as const;
export type WatchedKind = keyof typeof WATCHED;

/** Watches over namespaces of a cluster: as many as are needed, each taken up where it broke. */
export class Watches {
  readonly #cluster: Cluster;
  readonly #onChange: () => void;
  readonly #informers = new Map<string, Informer<AnyKind>>();
  #isClosed = false;

  constructor(cluster: Cluster, onChange: () => void) {
    this.#cluster = cluster;
    this.#onChange = onChange;
  }

  /** Has these namespaces watched, and no others. */
  async ensure(kind: WatchedKind, namespaces: readonly string[]): Promise<void> {
    for (const [key, informer] of this.#informers) {
      const [of, namespace = ""] = key.split("/");
      if (of === kind && !namespaces.includes(namespace)) this.#end(key, informer);
    }
    const fresh = namespaces.filter((namespace) => !this.#informers.has(`${kind}/${namespace}`));
    if (fresh.length === 0) return;
    const known = await this.#cluster.kindOf({ apiVersion: WATCHED[kind], kind });
    for (const namespace of fresh) {
      // A watch is patient: that it may not be is to be told.
      await this.#cluster.client.list(known, { namespace, limit: 1 });
      if (!this.#isClosed) this.#begin(`${kind}/${namespace}`, known, namespace);
    }
  }

  /** Whether all that there is has been told. */
  get isSynced(): boolean {
    return [...this.#informers.values()].every((informer) => informer.isSynced);
  }

  list(kind: WatchedKind): KubeObject[] {
    return [...this.#informers]
      .filter(([key]) => key.startsWith(`${kind}/`))
      .flatMap(([, informer]) => informer.list() as KubeObject[]);
  }

  close(): void {
    this.#isClosed = true;
    for (const [key, informer] of this.#informers) this.#end(key, informer);
  }

  #begin(key: string, kind: AnyKind, namespace: string): void {
    const informer = this.#cluster.client.informer(kind, { namespace, transform: withoutOwnedFields });
    this.#informers.set(key, informer);
    const tell = () => this.#onChange();
    informer.on({ added: tell, updated: tell, deleted: tell });
    informer.start().synced.then(tell, () => undefined);
  }

  #end(key: string, informer: Informer<AnyKind>): void {
    this.#informers.delete(key);
    void informer.stop();
  }
}

/** A namespace may have thousands of pods that are not ours; this is the larger part of each. */
const withoutOwnedFields = (object: AnyObject): AnyObject => {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};
