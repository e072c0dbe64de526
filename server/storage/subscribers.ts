import { collectionIdOf } from "./record.ts";
import type { Scope, StoreEvent, StoreLog } from "./types.ts";

export type Listener = (events: readonly StoreEvent[]) => void;

interface Subscription {
  readonly namespace: string | undefined;
  readonly listener: Listener;
}

/** Who is told about commits. Costs nothing for kinds that nobody listens to. */
export class Subscribers {
  readonly #log: StoreLog;
  readonly #byKind = new Map<string, Set<Subscription>>();

  constructor(log: StoreLog) {
    this.#log = log;
  }

  add(scope: Scope, listener: Listener): () => void {
    const id = collectionIdOf(scope);
    const subscription = { namespace: scope.namespace, listener };
    const subscriptions = this.#byKind.get(id) ?? new Set();
    this.#byKind.set(id, subscriptions.add(subscription));
    return () => subscriptions.delete(subscription);
  }

  /** Tells each listener what is in its scope. All with the same scope get the same array. */
  publish(events: readonly StoreEvent[]): void {
    for (const [id, ofKind] of groupBy(events, ({ stored }) => collectionIdOf(stored.key))) {
      const subscriptions = this.#byKind.get(id);
      if (subscriptions?.size) this.#publishTo(subscriptions, ofKind);
    }
  }

  #publishTo(subscriptions: Set<Subscription>, events: readonly StoreEvent[]): void {
    const byNamespace = groupBy(events, ({ stored }) => stored.key.namespace);
    // Those of now: who subscribes meanwhile finds these events in the log.
    for (const subscription of Array.from(subscriptions)) {
      const { namespace } = subscription;
      const inScope = namespace === undefined ? events : byNamespace.get(namespace);
      if (inScope && subscriptions.has(subscription)) this.#tell(subscription.listener, inScope);
    }
  }

  #tell(listener: Listener, events: readonly StoreEvent[]): void {
    try {
      listener(events);
    } catch (error) {
      this.#log.error({ err: error }, "a listener of the store failed");
    }
  }
}

function groupBy(events: readonly StoreEvent[], idOf: (event: StoreEvent) => string) {
  const groups = new Map<string, StoreEvent[]>();
  for (const event of events) {
    const group = groups.get(idOf(event));
    if (group) group.push(event);
    else groups.set(idOf(event), [event]);
  }
  return groups;
}
