import { expired } from "../../apis/errors.ts";
import type { KubeList, KubeObject } from "../../apis/meta.ts";
import type { ListOptions, ResourceRef, Transport, WatchEvent, WatchOptions } from "../../apis/transport.ts";
import { ConnectionError } from "../../client/index.ts";

interface Entry {
  revision: number;
  event: WatchEvent;
}

/**
 * A log of changes of one collection, with list and watch as the contract has them, whose streams can be made to
 * end, to break and to expire.
 */
export class LogTransport implements Pick<Transport, "list" | "watch"> {
  readonly objects = new Map<string, KubeObject>();
  readonly lists: ListOptions[] = [];
  readonly watches: WatchOptions[] = [];
  isDown = false;
  #revision: number;
  #log: Entry[] = [];
  #oldest = 0;
  #epoch = 0;
  #isBroken = false;
  #uids = 0;
  #wakers = new Set<() => void>();

  constructor(revision = 10) {
    this.#revision = revision;
    this.#oldest = revision;
  }

  /** Creates or changes. */
  put(name: string, fields: Partial<KubeObject["metadata"]> = {}): KubeObject {
    const old = this.objects.get(name);
    const uid = old?.metadata.uid ?? `uid-${++this.#uids}`;
    const object = this.#object({ name, namespace: "default", uid, ...fields });
    this.objects.set(name, object);
    this.#append({ type: old ? "MODIFIED" : "ADDED", object });
    return object;
  }

  remove(name: string): void {
    const old = this.objects.get(name)!;
    this.objects.delete(name);
    this.#append({ type: "DELETED", object: this.#object(old.metadata) });
  }

  /** As if other collections had moved on. */
  bookmark(): void {
    this.#append({
      type: "BOOKMARK",
      object: {
        apiVersion: "v1",
        kind: "Thing",
        metadata: { name: "", resourceVersion: `${this.#revision + 1}` },
      },
    });
  }

  /** Forgets the history. */
  compact(): void {
    this.#oldest = this.#revision;
    this.#log = [];
  }

  /** Ends every stream cleanly, or breaks it. */
  end({ broken = false } = {}): void {
    this.#epoch++;
    this.#isBroken = broken;
    this.#wake();
  }

  async list(_: ResourceRef, options: ListOptions = {}): Promise<KubeList> {
    this.lists.push(options);
    this.#mustBeUp();
    const metadata = { resourceVersion: String(this.#revision) };
    const items = [...this.objects.values()].slice(0, options.limit);
    return { apiVersion: "v1", kind: "ThingList", metadata, items };
  }

  async *watch(_: ResourceRef, options: WatchOptions = {}): AsyncGenerator<WatchEvent, void, void> {
    this.watches.push(options);
    this.#mustBeUp();
    let cursor = Number(options.resourceVersion);
    if (cursor < this.#oldest) throw expired(`revision ${cursor} is gone`);
    const epoch = this.#epoch;
    for (;;) {
      if (options.signal?.aborted) return;
      if (epoch !== this.#epoch) {
        if (this.#isBroken) throw new ConnectionError({ address: "test" });
        return;
      }
      const entry = this.#log.find(({ revision }) => revision > cursor);
      if (!entry) await this.#more(options.signal);
      else {
        cursor = entry.revision;
        yield entry.event;
      }
    }
  }

  get transport(): Transport {
    return this as unknown as Transport;
  }

  get resourceVersion(): string {
    return String(this.#revision);
  }

  #object(metadata: KubeObject["metadata"]): KubeObject {
    const resourceVersion = String(this.#revision + 1);
    return { apiVersion: "v1", kind: "Thing", metadata: { ...metadata, resourceVersion } };
  }

  #append(event: WatchEvent): void {
    this.#revision++;
    this.#log.push({ revision: this.#revision, event });
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }

  #more(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      this.#wakers.add(finish);
      signal?.addEventListener("abort", finish);
    });
  }

  #mustBeUp(): void {
    if (this.isDown) throw new ConnectionError({ address: "test", cause: { code: "ECONNREFUSED" } });
  }
}
