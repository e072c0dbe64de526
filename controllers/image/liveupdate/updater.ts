import { backoffMs } from "../../../client/index.ts";
import { Bell } from "../../runtime/index.ts";
import { UnsettledError } from "../../sync/index.ts";
import type { Container, Containers } from "./containers.ts";
import { judge, type Verdict } from "./judge.ts";
import { foundIn } from "./found.ts";
import { bringIntoStep, isInStep, memberOf } from "./member.ts";
import type { Failure, FailReason, Member, Observation, Orders } from "./orders.ts";
import { TransferError } from "./transfer.ts";

/** A short trouble of the engine is no reason for a build. */
const TRIES = 4;
/** A file that was written while it was read is looked at again by whoever gives orders; this is for certain. */
const UNSETTLED = { initialMs: 300, maxMs: 10_000, jitter: 0.2 };

/** An engine tells that a container has ended before it lists it so. */
const AFTERWARDS_MS = 500;

const RETRYING = "Retrying";

/** What no other change of a file makes good. */
const LASTING: readonly FailReason[] = ["CrashLoopBackOff", "UpdateFailed"];

export interface UpdaterOptions {
  /** Ways into them, until the signal is aborted. */
  readonly containersUntil: (signal: AbortSignal) => Containers;
  /** Something can be seen that could not be seen before. */
  readonly changed: () => void;
}

/**
 * Keeps the containers of one image in step with its context.
 *
 * It is given orders, works beside whoever gave them, and shows how far it is.
 */
export class LiveUpdater {
  readonly #options: UpdaterOptions;
  readonly #bell = new Bell();
  readonly #closing = new AbortController();
  /** Aborted when another image makes what is being done pointless, or somebody cancels it. */
  #work = new AbortController();
  #containers: Containers;
  readonly #done: Promise<void>;
  #members = new Map<string, Member>();
  #orders: Orders | undefined;
  /** Until there is a new image. */
  #isGivenUp = false;
  /** Until there are new orders. */
  #isCanceled = false;
  /** Of nobody that has been found yet it is known what was done in there. */
  #isFirstLook = true;
  /** What was ordered is there no more. */
  #unsettled: { readonly error: UnsettledError; readonly tries: number } | undefined;
  #observation: Observation = { state: "Waiting", members: [] };
  #tries = 0;
  #lookAgainAtMs = Infinity;
  /** Those for which the containers have been looked at. */
  #settledOrders: Orders | undefined;
  readonly #settling = new Set<() => void>();

  constructor(options: UpdaterOptions) {
    this.#options = options;
    this.#containers = options.containersUntil(this.#work.signal);
    this.#done = this.#run();
  }

  get observation(): Observation {
    return this.#observation;
  }

  /** The newest orders count. */
  order(orders: Orders): void {
    if (orders.imageId !== this.#orders?.imageId) this.#begin();
    this.#isCanceled = false;
    this.#unsettled = undefined;
    this.#orders = orders;
    this.#bell.ring();
  }

  /**
   * What the newest orders have come to; who is not there yet is waited for beside it.
   *
   * @throws the signal's reason; UnsettledError if files are not any more as they were ordered: others can be.
   */
  async settled(signal: AbortSignal): Promise<Observation> {
    while (this.#orders !== this.#settledOrders) {
      signal.throwIfAborted();
      if (this.#unsettled) throw this.#unsettled.error;
      await new Promise<void>((resolve) => {
        const finish = (): void => {
          signal.removeEventListener("abort", finish);
          this.#settling.delete(finish);
          resolve();
        };
        signal.addEventListener("abort", finish);
        this.#settling.add(finish);
      });
    }
    return this.#observation;
  }

  /** Ends what is under way; it begins again with the next orders. @returns whether anything was */
  cancel(why: string): boolean {
    if (this.#isCanceled || this.#orders === undefined || (this.#isIdle && !this.#isUnsettled)) return false;
    this.#isCanceled = true;
    this.#stopWork();
    const message = `${why}; the next change of a file, or a trigger, brings everything there`;
    this.#show({ state: "Failed", reason: "Canceled", message });
    return true;
  }

  /** Something happened to a container. */
  look(): void {
    this.#lookAgainAtMs = Date.now() + AFTERWARDS_MS;
    this.#bell.ring();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#work.abort();
    this.#bell.ring();
    await this.#done;
  }

  #stopWork(): void {
    this.#work.abort();
    this.#work = new AbortController();
    this.#containers = this.#options.containersUntil(this.#work.signal);
  }

  #begin(): void {
    this.#stopWork();
    this.#members = new Map();
    this.#isFirstLook = true;
    this.#isGivenUp = false;
    this.#tries = 0;
    this.#observation = { state: "Waiting", members: [] };
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let untilMs = Infinity;
    while (!signal.aborted) {
      await this.#bell.wait(Math.min(untilMs, this.#lookAgainAtMs), signal);
      if (Date.now() >= this.#lookAgainAtMs) this.#lookAgainAtMs = Infinity;
      const orders = this.#orders;
      untilMs = Infinity;
      if (!orders || signal.aborted) continue;
      if (!this.#isGivenUp && !this.#isCanceled) untilMs = await this.#round(orders);
      if (!this.#isUnsettled) this.#settledOrders = orders;
      if (!this.#isUnsettled || this.#unsettled) this.#tellWaiting();
    }
  }

  #tellWaiting(): void {
    for (const finish of this.#settling) finish();
  }

  /** All that was ordered has been done, as far as it could be. */
  get #isIdle(): boolean {
    return this.#orders === this.#settledOrders;
  }

  /** It goes on by itself in a moment. */
  get #isUnsettled(): boolean {
    return this.#observation.state === "Syncing" || this.#observation.reason === RETRYING;
  }

  /** @returns when to look again at the latest, in milliseconds since 1970. */
  async #round(orders: Orders): Promise<number> {
    const { signal } = this.#work;
    try {
      const untilMs = await this.#attempt(orders);
      this.#tries = 0;
      this.#unsettled = undefined;
      return untilMs;
    } catch (error) {
      if (signal.aborted) return Date.now();
      if (error instanceof UnsettledError) return this.#lookLater(error, orders);
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof TransferError || ++this.#tries >= TRIES)
        return this.#fail({ reason: "UpdateFailed", message });
      this.#show({ state: "Waiting", reason: RETRYING, message });
      return Date.now() + backoffMs(this.#tries, { initialMs: 200, maxMs: 5_000, jitter: 0.2 });
    }
  }

  /** The same orders once more, unless there are others by then: the file may be as it was. */
  #lookLater(error: UnsettledError, orders: Orders): number {
    if (orders !== this.#orders) return Date.now();
    const tries = (this.#unsettled?.tries ?? 0) + 1;
    this.#unsettled = { error, tries };
    const message = `${error.message} was written, or replaced, while it was read`;
    if (tries > 1) this.#show({ state: "Waiting", reason: RETRYING, message });
    return Date.now() + backoffMs(tries, UNSETTLED);
  }

  async #attempt(orders: Orders): Promise<number> {
    const found = await this.#containers.of(orders.imageId);
    const verdict = judge(orders, {
      containers: found,
      restarts: await this.#restartsOf(found),
      nowMs: Date.now(),
    });
    await this.#know(found, orders);
    if (verdict.type === "build") return this.#fail(verdict);
    if (verdict.type === "sync") return this.#sync(verdict, orders);
    const { reason, message, untilMs = Infinity } = verdict;
    this.#show({ state: "Waiting", reason, message });
    return untilMs;
  }

  async #sync({ running, waiting }: Extract<Verdict, { type: "sync" }>, orders: Orders): Promise<number> {
    const behind = running.map(({ id }) => this.#members.get(id)!).filter((one) => !isInStep(one, orders));
    if (behind.length > 0) this.#show({ state: "Syncing" });
    const results = await Promise.allSettled(
      behind.map((member) => bringIntoStep(this.#containers, member, orders)),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    const late = waiting[0];
    if (late) this.#show({ state: "Synced", message: `container ${late.name} is ${late.state}` });
    else this.#show({ state: "Synced" });
    return Infinity;
  }

  /** Containers that have gone are forgotten; a new one has what the image has. */
  async #know(found: readonly Container[], orders: Orders): Promise<void> {
    const has = (container: Container) =>
      this.#isFirstLook ? foundIn(this.#containers, container, orders) : orders.baked;
    const members = found.map(async (container): Promise<[string, Member]> => {
      const known = this.#members.get(container.id) ?? memberOf(container, await has(container));
      return [container.id, Object.assign(known, { name: container.name, state: container.state })];
    });
    this.#members = new Map(await Promise.all(members));
    this.#isFirstLook = false;
  }

  async #restartsOf(found: readonly Container[]): Promise<Map<string, number>> {
    const unsteady = found.filter(({ state }) => state === "restarting");
    return new Map(
      await Promise.all(unsteady.map(async ({ id }) => [id, await this.#containers.restartsOf(id)] as const)),
    );
  }

  #fail({ reason, message }: Failure): number {
    this.#isGivenUp = LASTING.includes(reason);
    this.#show({ state: "Failed", reason, message });
    return Infinity;
  }

  #show(seen: Omit<Observation, "members">): void {
    if (this.#isCanceled && seen.reason !== "Canceled") return;
    this.#observation = { ...seen, members: [...this.#members.values()].map((member) => ({ ...member })) };
    this.#options.changed();
  }
}
