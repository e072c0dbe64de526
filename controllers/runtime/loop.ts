import { isReason } from "../../apis/errors.ts";
import type { KubeObject, NamespacedName } from "../../apis/meta.ts";
import {
  keyOf,
  nameOf,
  systemClock,
  type AnyKind,
  type Client,
  type Clock,
  type Informer,
  type Log,
} from "../../client/index.ts";
import { isSource, type ChangeType, type Controller, type KindWatch, type Source } from "./controller.ts";
import { childLog } from "./log.ts";
import { ownerOfKind } from "./owners.ts";
import { WorkQueue, type QueueMetrics } from "./queue.ts";
import { setReady } from "./status.ts";
import { TerminalError } from "./terminal.ts";

export interface LoopMetrics extends QueueMetrics {
  reconciles: number;
  errors: number;
  durationMsTotal: number;
  durationMsMax: number;
}

interface LoopOptions {
  client: Client;
  informer: (kind: AnyKind) => Informer<AnyKind>;
  log: Log;
  clock?: Clock;
}

/** Runs one controller: what wakes its objects, the queue, and the workers that reconcile. */
export class ControllerLoop {
  readonly controller: Controller;
  readonly #options: LoopOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #queue: WorkQueue;
  readonly #abort = new AbortController();
  readonly #counters = { reconciles: 0, errors: 0, durationMsTotal: 0, durationMsMax: 0 };
  #subscriptions: (() => void)[] = [];
  #workers: Promise<void>[] = [];
  /** Objects that were there at the start and have not been looked at since. */
  readonly #unseen = new Set<string>();
  #seenAll: () => void = () => undefined;

  constructor(controller: Controller, options: LoopOptions) {
    this.controller = controller;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = childLog(options.log, { controller: controller.name });
    this.#queue = new WorkQueue({ clock: this.#clock });
  }

  get metrics(): LoopMetrics {
    return { ...this.#queue.metrics, ...this.#counters };
  }

  get kinds(): AnyKind[] {
    const watched = (this.controller.watches ?? []).flatMap((watch) => (isSource(watch) ? [] : [watch.kind]));
    return [this.controller.for, ...(this.controller.owns ?? []), ...watched];
  }

  /**
   * Begins to work. The informers of its kinds have synced.
   *
   * @returns Resolves when every object that was there has been looked at once, or the loop is stopped.
   */
  start(): Promise<void> {
    const { controller } = this;
    const own = controller.for;
    for (const object of this.#options.informer(own).list()) this.#unseen.add(keyOf(nameOf(object)));
    const firstPass = new Promise<void>((resolve) => (this.#seenAll = resolve));
    if (this.#unseen.size === 0) this.#seenAll();
    this.#follow({ kind: own, requests: (object) => [nameOf(object)] });
    for (const kind of controller.owns ?? []) {
      this.#follow({ kind, requests: (object) => ownerOfKind(object, own) });
    }
    for (const watch of controller.watches ?? []) {
      if (isSource(watch)) this.#listen(watch);
      else this.#follow(watch);
    }
    this.#workers = Array.from({ length: controller.concurrency ?? 1 }, () => this.#work());
    return firstPass;
  }

  /** Resolves when no reconcile runs any more. */
  async stop(): Promise<void> {
    this.#abort.abort();
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
    this.#queue.close();
    this.#seenAll();
    await Promise.all(this.#workers);
  }

  #listen(source: Source): void {
    this.#subscriptions.push(source.subscribe((request) => this.#queue.add(keyOf(request))));
  }

  #follow({ kind, requests, on }: KindWatch): void {
    const isWanted = (change: ChangeType) => !on || on.includes(change);
    const wake = (...objects: KubeObject[]) => {
      // Each name once: an idle worker takes it with the first, and would be made to work again by the second.
      for (const key of new Set(objects.flatMap(requests).map(keyOf))) this.#queue.add(key);
    };
    const { updates } = this.controller;
    const isWaking = (object: KubeObject, old: KubeObject) =>
      kind !== this.controller.for || !updates || updates(object, old);
    const unsubscribe = this.#options.informer(kind).on({
      added: (object) => isWanted("add") && wake(object),
      deleted: (object) => isWanted("delete") && wake(object),
      updated: (object, old) => {
        if (!isWanted("update") || !isWaking(object, old)) return;
        wake(object, old); // an object that changed hands concerns both
      },
    });
    this.#subscriptions.push(unsubscribe);
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#queue.take();
      if (key === undefined) return;
      await this.#reconcile(key);
      this.#queue.done(key);
      if (this.#unseen.delete(key) && this.#unseen.size === 0) this.#seenAll();
    }
  }

  /** Never throws: whatever a reconcile does, the others go on. */
  async #reconcile(key: string): Promise<void> {
    const request = requestOf(key);
    const startedMs = this.#clock.now();
    const log = childLog(this.#log, { kind: this.controller.for.kind, ...request });
    const { signal } = this.#abort;
    const failures = this.#queue.failuresOf(key);
    try {
      const context = { signal, log, client: this.#options.client, failures };
      const result = await this.controller.reconcile(request, context);
      this.#queue.forget(key);
      if (result?.requeueAfterMs !== undefined) this.#queue.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      if (!signal.aborted) await this.#failed(key, error, log);
    } finally {
      this.#count(this.#clock.now() - startedMs);
    }
  }

  async #failed(key: string, error: unknown, log: Log): Promise<void> {
    // What was read has changed meanwhile, or is gone: mostly the object itself.
    if (isReason(error, "Conflict")) return this.#conflicted(key, log);
    if (isReason(error, "NotFound") && this.#queue.failuresOf(key) === 0) return this.#conflicted(key, log);
    this.#counters.errors++;
    if (!(error instanceof TerminalError)) {
      log.warn({ error, failures: this.#queue.failuresOf(key) + 1 }, "reconcile failed, trying again");
      return this.#queue.retry(key);
    }
    log.warn({ error }, "reconcile failed until the object changes");
    try {
      const { client } = this.#options;
      const { reason, message } = error;
      await setReady(client.in(requestOf(key).namespace), {
        kind: this.controller.for,
        name: requestOf(key),
        ready: { status: "False", reason, message },
        clock: this.#clock,
      });
      this.#queue.forget(key);
    } catch (error) {
      log.warn({ error }, "writing the condition failed, trying again");
      this.#queue.retry(key);
    }
  }

  /** Somebody else was faster: look again at once, but do not race for ever. */
  #conflicted(key: string, log: Log): void {
    log.debug({}, "conflict, looking again");
    if (this.#queue.failuresOf(key) > 0) return this.#queue.retry(key);
    this.#queue.retry(key);
    this.#queue.add(key);
  }

  #count(durationMs: number): void {
    this.#counters.reconciles++;
    this.#counters.durationMsTotal += durationMs;
    this.#counters.durationMsMax = Math.max(this.#counters.durationMsMax, durationMs);
  }
}

function requestOf(key: string): NamespacedName {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
