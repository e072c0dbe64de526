import { createHash } from "node:crypto";
import type { Target } from "../target/index.ts";
import { Cluster } from "./cluster.ts";

interface Shared {
  readonly key: string;
  users: number;
}

/** The clusters that are in use: all who are led to one place in the same way share its connections and watches. */
export class Clusters {
  readonly #clusters = new Map<string, Cluster>();
  readonly #shared = new Map<Cluster, Shared>();

  /** To be given back with {@link release}. */
  acquire(target: Target): Cluster {
    const key = keyOf(target);
    const cluster = this.#clusters.get(key) ?? new Cluster(target);
    const users = this.#shared.get(cluster)?.users ?? 0;
    this.#clusters.set(key, cluster);
    this.#shared.set(cluster, { key, users: users + 1 });
    return cluster;
  }

  /** The last one closes it. */
  release(cluster: Cluster): void {
    const shared = this.#shared.get(cluster);
    if (!shared) return;
    shared.users--;
    if (shared.users > 0) return;
    this.#shared.delete(cluster);
    this.#clusters.delete(shared.key);
    cluster.close();
  }
}

/** All that decides where requests go and whether they are believed. */
function keyOf({ context, namespace, config }: Target): string {
  const all = [context, namespace, config.getCurrentCluster(), config.getCurrentUser()];
  return createHash("sha256").update(JSON.stringify(all)).digest("hex");
}
