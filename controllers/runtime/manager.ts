import {
  silentLog,
  sleep,
  systemClock,
  type AnyKind,
  type Client,
  type Clock,
  type Informer,
  type Log,
} from "../../client/index.ts";
import type { Controller } from "./controller.ts";
import { ControllerLoop, type LoopMetrics } from "./loop.ts";

/** How long a controller waits for the first look of the one before it. */
const FIRST_PASS_MS = 5_000;

/** Something beside controllers that lives and dies with the manager. */
export interface Runnable {
  readonly name: string;
  /** Kinds whose informers it needs, synced, when it starts. */
  readonly kinds?: readonly AnyKind[];
  start(manager: Manager): void | Promise<void>;
  stop(): Promise<void>;
}

export interface ManagerOptions {
  client: Client;
  log?: Log;
  clock?: Clock;
}

/** Runs controllers over one client, and keeps one informer for each kind that any of them asks for. */
export class Manager {
  readonly client: Client;
  readonly log: Log;
  readonly clock: Clock;
  readonly #informers = new Map<AnyKind, Informer<AnyKind>>();
  readonly #loops: ControllerLoop[] = [];
  readonly #runnables: Runnable[] = [];

  constructor({ client, log = silentLog, clock = systemClock }: ManagerOptions) {
    this.client = client;
    this.log = log;
    this.clock = clock;
  }

  /** Adds a controller, before `start`. */
  add(item: Controller | Runnable): this {
    if ("start" in item) this.#runnables.push(item);
    else this.#loops.push(this.#loopOf(item));
    return this;
  }

  /** The informer of a kind over all namespaces, shared by all who ask; it runs as long as the manager. */
  informer<K extends AnyKind>(kind: K): Informer<K> {
    const found = this.#informers.get(kind) as Informer<K> | undefined;
    if (found) return found;
    const informer = this.client.informer(kind, { log: this.log, clock: this.clock });
    this.#informers.set(kind, informer);
    return informer.start();
  }

  /** The informer of a kind, if any controller has asked for it. */
  running(kind: AnyKind): Informer<AnyKind> | undefined {
    return this.#informers.get(kind);
  }

  /**
   * Resolves when every informer has synced and every controller works.
   *
   * They start in the order in which they were added, each when the one before has looked at every object once: who
   * makes objects comes before who acts on them.
   */
  async start(): Promise<void> {
    const kinds = [...this.#loops, ...this.#runnables].flatMap((item) => item.kinds ?? []);
    await Promise.all(kinds.map((kind) => this.informer(kind).synced));
    for (const runnable of this.#runnables) await runnable.start(this);
    for (const loop of this.#loops) await this.#started(loop);
    this.log.info(
      { controllers: this.#loops.map(({ controller }) => controller.name) },
      "controllers started",
    );
  }

  async #started(loop: ControllerLoop): Promise<void> {
    const firstPass = loop.start();
    if (loop === this.#loops.at(-1)) return;
    const patience = new AbortController();
    const tired = sleep(this.clock, FIRST_PASS_MS, patience.signal);
    const isTired = await Promise.race([firstPass.then(() => false), tired.then(() => true)]);
    patience.abort();
    // One object that hangs must not keep all the others from being worked on.
    if (isTired) this.log.warn({ controller: loop.controller.name }, "first look takes long, going on");
  }

  /** Resolves when no reconcile runs any more. What a controller keeps beside its reconciles is its own to stop. */
  async stop(): Promise<void> {
    await Promise.all([...this.#loops, ...this.#runnables].map((item) => item.stop()));
    await Promise.all([...this.#informers.values()].map((informer) => informer.stop()));
  }

  /** Counters of each controller, by its name. */
  metrics(): Record<string, LoopMetrics> {
    return Object.fromEntries(this.#loops.map((loop) => [loop.controller.name, loop.metrics]));
  }

  #loopOf(controller: Controller): ControllerLoop {
    const { client, log, clock } = this;
    return new ControllerLoop(controller, {
      client,
      log,
      clock,
      informer: (kind) => this.informer(kind),
    });
  }
}
