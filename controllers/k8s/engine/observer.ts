import type { Cluster } from "../cluster/index.ts";
import { Discovery } from "../pods/discovery.ts";
import type { Found } from "../pods/verdict.ts";
import type { Inputs } from "./inputs.ts";
import type { Order } from "./order.ts";
import type { Work } from "./work.ts";

/** All that follows the pods of what was applied, in one cluster. */
export class Observer {
  readonly cluster: Cluster;
  readonly #discovery: Discovery;

  constructor(work: Work, cluster: Cluster) {
    this.cluster = cluster;
    this.#discovery = new Discovery(work, cluster, (found) => this.#follow(found));
  }

  watch(order: Order, inputs: Inputs): Promise<void> {
    return this.#discovery.watch(order, inputs);
  }

  close(): void {
    this.#discovery.close();
  }

  #follow(_found: readonly Found[]): void {}
}
