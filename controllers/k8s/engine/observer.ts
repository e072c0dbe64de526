import type { Cluster } from "../cluster/index.ts";
import { Forwards } from "../forwards/forwards.ts";
import { Discovery } from "../pods/discovery.ts";
import { Logs } from "../pods/logs.ts";
import type { Found } from "../pods/verdict.ts";
import type { Expectation } from "./inputs.ts";
import type { Order } from "./order.ts";
import type { Work } from "./work.ts";

/** All that follows the pods of what was applied, in one cluster. */
export class Observer {
  readonly cluster: Cluster;
  readonly #discovery: Discovery;
  readonly #logs: Logs;
  readonly #forwards: Forwards;
  #spec: Order["spec"] | undefined;

  constructor(work: Work, cluster: Cluster) {
    this.cluster = cluster;
    this.#logs = new Logs({ cluster, sink: work.log, onError: () => this.#discovery.look() });
    this.#forwards = new Forwards(work, cluster);
    this.#discovery = new Discovery({
      work,
      cluster,
      onPods: (found) => this.#follow(found),
      logErrorOf: (uid) => this.#logs.errorOf(uid),
    });
  }

  async watch(order: Order, inputs: Expectation): Promise<void> {
    this.#spec = order.spec;
    await this.#discovery.watch(order, inputs);
  }

  close(): void {
    this.#discovery.close();
    this.#forwards.close();
    void this.#logs.close();
  }

  #follow(found: readonly Found[]): void {
    this.#logs.follow(found, this.#spec?.ignoreContainerLogs);
    this.#forwards.follow(found, this.#spec?.portForwards);
  }
}
