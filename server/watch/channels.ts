import type { Store, StoreEvent } from "../storage/index.ts";
import type { Change, Selector } from "./selection.ts";

/** What one commit is to all watchers of a selection: never empty, in the order of revisions. */
export interface Batch {
  readonly changes: readonly Change[];
  /** Up to here the watcher knows everything. */
  readonly through: number;
}

type Receiver = (batch: Batch) => void;

/** Watchers that select the same. Events are looked at once for all of them. */
interface Channel {
  readonly receivers: Set<Receiver>;
  end(): void;
}

/** Live events of one store. */
export class Channels {
  readonly #store: Store;
  readonly #channels = new Map<string, Channel>();

  private constructor(store: Store) {
    this.#store = store;
  }

  static readonly #ofStore = new WeakMap<Store, Channels>();

  static of(store: Store): Channels {
    const channels = this.#ofStore.get(store) ?? new Channels(store);
    this.#ofStore.set(store, channels);
    return channels;
  }

  /**
   * Hands over every batch from now on, in the turn of its commit.
   *
   * @returns A function that ends it.
   */
  join(selector: Selector, receiver: Receiver): () => void {
    const channel = this.#channels.get(selector.id) ?? this.#open(selector);
    channel.receivers.add(receiver);
    return () => {
      channel.receivers.delete(receiver);
      if (channel.receivers.size === 0) this.#close(selector.id, channel);
    };
  }

  #open(selector: Selector): Channel {
    const receivers = new Set<Receiver>();
    const end = this.#store.subscribe(selector.scope, (events) => {
      const batch = batchOf(selector, events);
      if (!batch) return;
      for (const receiver of receivers) receiver(batch);
    });
    const channel = { receivers, end };
    this.#channels.set(selector.id, channel);
    return channel;
  }

  #close(id: string, channel: Channel): void {
    channel.end();
    if (this.#channels.get(id) === channel) this.#channels.delete(id);
  }
}

export function batchOf(selector: Selector, events: readonly StoreEvent[]): Batch | undefined {
  const changes = events.flatMap((event) => selector.changeOf(event) ?? []);
  return changes.length === 0 ? undefined : { changes, through: events.at(-1)!.revision };
}

/** The part of a batch that a watcher does not know yet. */
export function after({ changes, through }: Batch, revision: number): Batch | undefined {
  const unknown = changes.filter((change) => change.revision > revision);
  return unknown.length === 0 ? undefined : { changes: unknown, through };
}
