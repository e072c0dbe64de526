import type { AnyKind, AnyObject, Client, Informer } from "../../../client/index.ts";

interface Shared {
  readonly informer: Promise<Informer<AnyKind>>;
  users: number;
}

/** Watches over the namespaces of a cluster: one for each kind and namespace, whoever wants to know. */
export class Informers {
  readonly #client: Client;
  readonly #shared = new Map<string, Shared>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** To be given back with {@link release}. @throws StatusError if it may not be watched. */
  async acquire(kind: AnyKind, namespace: string): Promise<Informer<AnyKind>> {
    const key = keyOf(kind, namespace);
    const shared = this.#shared.get(key) ?? { informer: this.#start(kind, namespace), users: 0 };
    this.#shared.set(key, shared);
    shared.users++;
    try {
      return await shared.informer;
    } catch (error) {
      if (this.#shared.get(key) === shared) this.#shared.delete(key);
      throw error;
    }
  }

  /** The last one ends it. */
  release(kind: AnyKind, namespace: string): void {
    const key = keyOf(kind, namespace);
    const shared = this.#shared.get(key);
    if (!shared || --shared.users > 0) return;
    this.#shared.delete(key);
    void shared.informer.then((informer) => informer.stop());
  }

  async #start(kind: AnyKind, namespace: string): Promise<Informer<AnyKind>> {
    // A watch is patient: that it may not be is to be told.
    await this.#client.list(kind, { namespace, limit: 1 });
    return this.#client.informer(kind, { namespace, transform: withoutOwnedFields }).start();
  }
}

const keyOf = ({ group, plural }: AnyKind, namespace: string): string => `${plural}.${group}/${namespace}`;

/** A namespace may have thousands of pods that are not ours; this is the larger part of each. */
const withoutOwnedFields = (object: AnyObject): AnyObject => {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
};
