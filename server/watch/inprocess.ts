import { StatusError } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { WatchEvent, WatchOptions } from "../../apis/transport.ts";
import { metadataOf, type Store } from "../storage/index.ts";
import { partialObjectMetadata } from "../table/index.ts";
import type { Batch } from "./channels.ts";
import { Feed, type FeedOptions, type Sink } from "./feed.ts";
import { bookmarkOf } from "./frames.ts";

/** Beyond this a watcher is fed from the log again, at its own pace. */
const MAX_QUEUED = 1_000;

/**
 * The events of a collection, for those inside this process. Objects are shared and frozen.
 *
 * @throws StatusError `Expired` while iterating, when it reads so slowly that the log has been compacted meanwhile.
 */
export async function* watchObjects(
  store: Store,
  kind: Kind,
  options: WatchOptions & Pick<FeedOptions, "lifetime"> = {},
): AsyncIterable<WatchEvent> {
  const queue = new EventQueue(kind, options.metadataOnly ?? false);
  const ending = new AbortController();
  const end = () => ending.abort();
  const timeoutMs = options.timeoutSeconds === undefined ? undefined : options.timeoutSeconds * 1000;
  const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs).unref();
  options.signal?.addEventListener("abort", end);
  if (options.signal?.aborted) end();
  try {
    const bookmarks = options.allowWatchBookmarks ?? false;
    const feed = new Feed(
      store,
      { ...options, kind, bookmarks, bookmarkInitialEnd: options.sendInitialEvents ?? false, timeoutMs },
      queue,
    );
    ending.signal.addEventListener("abort", () => queue.end());
    feed.run(ending.signal).then(
      () => queue.end(),
      (error: unknown) => queue.end(error),
    );
    yield* queue.events();
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", end);
    end();
  }
}

/** A bounded queue between the feed, which runs with the commits, and whoever iterates. */
class EventQueue implements Sink {
  readonly #kind: Kind;
  readonly #metadataOnly: boolean;
  #queued: WatchEvent[] = [];
  #isEnded = false;
  #error: unknown;
  #onEvent: (() => void) | undefined;
  #onRoom: (() => void) | undefined;

  constructor(kind: Kind, metadataOnly: boolean) {
    this.#kind = kind;
    this.#metadataOnly = metadataOnly;
  }

  get isFull(): boolean {
    return this.#queued.length > MAX_QUEUED;
  }

  send({ changes }: Batch): void {
    for (const { type, stored } of changes) this.#queued.push({ type, object: this.#shown(stored) });
    this.#onEvent?.();
  }

  #shown(stored: Batch["changes"][number]["stored"]): KubeObject {
    return this.#metadataOnly ? partialObjectMetadata({ metadata: metadataOf(stored) }) : stored.object;
  }

  bookmark(revision: number, isInitialEnd: boolean): void {
    this.#queued.push({ type: "BOOKMARK", object: bookmarkOf(this.#kind, revision, isInitialEnd) });
    this.#onEvent?.();
  }

  async ready(): Promise<void> {
    if (this.#queued.length === 0 || this.#isEnded) return;
    await new Promise<void>((resolve) => (this.#onRoom = resolve));
  }

  end(error?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.#onEvent?.();
    this.#onRoom?.();
  }

  async *events(): AsyncGenerator<WatchEvent> {
    for (;;) {
      const events = this.#queued;
      this.#queued = [];
      this.#onRoom?.();
      yield* events;
      if (this.#queued.length > 0) continue;
      if (this.#isEnded) break;
      await new Promise<void>((resolve) => (this.#onEvent = resolve));
    }
    if (this.#error instanceof StatusError) throw this.#error;
    if (this.#error !== undefined) throw new Error("the watch failed", { cause: this.#error });
  }
}
