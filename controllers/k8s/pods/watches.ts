import type { KubeObject } from "../../../apis/meta.ts";
import type { AnyKind, Informer } from "../../../client/index.ts";
import type { Cluster } from "../cluster/index.ts";

/** Kinds that tell how what was applied is doing. */
const WATCHED = {
  Pod: "v1",
  Service: "v1",
  Job: "batch/v1",
} as const;
export type WatchedKind = keyof typeof WATCHED;

interface Watch {
  readonly informer: Informer<AnyKind>;
  readonly end: () => void;
}

/** The watches of a cluster that one K8sResource listens to: as many as it needs. */
export class Watches {
  readonly #cluster: Cluster;
  readonly #onChange: () => void;
  readonly #watches = new Map<string, Watch>();
  #isClosed = false;

  constructor(cluster: Cluster, onChange: () => void) {
    this.#cluster = cluster;
    this.#onChange = onChange;
  }

  /** Has these namespaces watched, and no others. */
  async ensure(kind: WatchedKind, namespaces: readonly string[]): Promise<void> {
    for (const [key, watch] of this.#watches) {
      const [of, namespace = ""] = key.split("/");
      if (of === kind && !namespaces.includes(namespace)) this.#end(key, watch);
    }
    const fresh = namespaces.filter((namespace) => !this.#watches.has(`${kind}/${namespace}`));
    if (fresh.length === 0) return;
    const known = await this.#cluster.kindOf({ apiVersion: WATCHED[kind], kind });
    for (const namespace of fresh) await this.#begin(`${kind}/${namespace}`, known, namespace);
  }

  /** Whether all that there is has been told. */
  get isSynced(): boolean {
    return [...this.#watches.values()].every(({ informer }) => informer.isSynced);
  }

  list(kind: WatchedKind): KubeObject[] {
    return [...this.#watches]
      .filter(([key]) => key.startsWith(`${kind}/`))
      .flatMap(([, { informer }]) => informer.list() as KubeObject[]);
  }

  close(): void {
    this.#isClosed = true;
    for (const [key, watch] of this.#watches) this.#end(key, watch);
  }

  async #begin(key: string, kind: AnyKind, namespace: string): Promise<void> {
    const { informers } = this.#cluster;
    const informer = await informers.acquire(kind, namespace);
    if (this.#isClosed) return informers.release(kind, namespace);
    const tell = () => this.#onChange();
    const off = informer.on({ added: tell, updated: tell, deleted: tell });
    const end = () => {
      off();
      informers.release(kind, namespace);
    };
    this.#watches.set(key, { informer, end });
    informer.synced.then(tell, () => undefined);
  }

  #end(key: string, { end }: Watch): void {
    this.#watches.delete(key);
    end();
  }
}
