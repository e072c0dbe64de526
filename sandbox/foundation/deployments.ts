import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Instance } from "../instances/index.ts";
import type { App, Droplet } from "./app.ts";

export type Strategy = "rolling" | "canary";

const LOOK_MS = 50;

/** One by one, new instances take the places of old ones; the first of a canary waits to be told to go on. */
export class Deployment {
  readonly guid = randomUUID();
  readonly createdAt = new Date().toISOString();
  readonly app: App;
  readonly strategy: Strategy;
  readonly former: Droplet | undefined;
  readonly droplet: Droplet;
  reason: "DEPLOYING" | "PAUSED" | "CANCELING" | "DEPLOYED" | "CANCELED" = "DEPLOYING";
  /** What keeps it from going on. */
  error: string | undefined;
  /** Resolves when it is over, however it has ended. */
  readonly done: Promise<void>;
  #resume: (() => void) | undefined;

  constructor(app: App, droplet: Droplet, strategy: Strategy) {
    [this.app, this.droplet, this.strategy, this.former] = [app, droplet, strategy, app.droplet];
    app.setDroplet(droplet);
    this.done = this.#run().catch((error: Error) => {
      this.error = error.message;
      this.reason = "CANCELED";
    });
  }

  get isActive(): boolean {
    return this.reason === "DEPLOYING" || this.reason === "PAUSED" || this.reason === "CANCELING";
  }

  continue(): void {
    this.#resume?.();
  }

  /** Goes back to what was there before. */
  cancel(): void {
    if (!this.isActive) return;
    this.reason = "CANCELING";
    this.#resume?.();
  }

  async #run(): Promise<void> {
    const { process, instanceAt, workload } = this.app.successor();
    const former = this.app.process()!;
    const started: Instance[] = [];
    for (let index = 0; index < process.spec.instances && this.#goesOn; index++) {
      const instance = instanceAt(index);
      started.push(instance);
      await this.#untilRunning(instance);
      if (!this.#goesOn) break;
      if (this.strategy === "canary" && index === 0) await this.#pause();
    }
    if (!this.#goesOn) return this.#goBack(started);
    for (const instance of started) await process.exchange(instance, workload);
    this.app.succeed(process);
    await former.stop();
    this.reason = "DEPLOYED";
  }

  get #goesOn(): boolean {
    return this.reason !== "CANCELING";
  }

  /** One that crashes is tried again, until somebody cancels all of it. */
  async #untilRunning(instance: Instance): Promise<void> {
    await instance.start();
    while (instance.state !== "RUNNING" && this.#goesOn) {
      this.error = instance.details ?? this.error;
      await wait(LOOK_MS);
    }
    this.error = undefined;
  }

  async #pause(): Promise<void> {
    this.reason = "PAUSED";
    await new Promise<void>((resolve) => (this.#resume = resolve));
    if (this.reason === "PAUSED") this.reason = "DEPLOYING";
  }

  async #goBack(started: readonly Instance[]): Promise<void> {
    await Promise.all(started.map((instance) => instance.stop()));
    if (this.former) this.app.setDroplet(this.former);
    this.reason = "CANCELED";
  }
}
