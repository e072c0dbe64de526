import { setTimeout as sleep } from "node:timers/promises";
import type { CFAppSync } from "../../../apis/v1alpha1/index.ts";
import { AuthError, PlatformError } from "../cf/index.ts";
import { AppLog } from "./applog.ts";
import type { Ask, Change } from "./inbox.ts";
import type { Member } from "./member.ts";
import { type MachineEvent, type State, step } from "./machine.ts";
import type { Observation } from "./observation.ts";
import type { Settings } from "./settings.ts";
import { baseline } from "./steps/baseline.ts";
import { collect } from "./steps/collect.ts";
import { commit } from "./steps/commit.ts";
import { connect } from "./steps/connect.ts";
import { deploy } from "./steps/deploy.ts";
import { resolve } from "./steps/resolve.ts";
import { stage } from "./steps/stage.ts";
import { backoff, blocked } from "./steps/wait.ts";
import { watch } from "./steps/watch.ts";
import { Work, type WorkOptions } from "./work.ts";

type Action = (work: Work, signal: AbortSignal) => Promise<MachineEvent>;

/** What is done in each state. Its end is the event that leads to the next one. */
const ACTIONS: Readonly<Record<Exclude<State, "Idle">, Action>> = {
  Resolve: resolve,
  Deploy: deploy,
  Connect: connect,
  Baseline: baseline,
  Watch: watch,
  Collect: collect,
  Stage: stage,
  Commit: commit,
  Backoff: backoff,
  Blocked: blocked,
};

/** How long a connection is kept for one who may go on. */
const KEPT_MS = 30_000;

/** How long whoever is to end waits for an instance that says nothing any more. */
const LET_GO_MS = 10_000;

/** How long an end is waited for. */
const CLOSE_MS = 5_000;

/** What is over sooner is told when it is over. */
const MOMENT_MS = 150;

/** In these it stays until something happens. */
const SETTLED: ReadonlySet<State> = new Set(["Idle", "Watch", "Backoff", "Blocked", "Deploy"]);

type Interrupt = Extract<MachineEvent, "start" | "stop" | "respec">;

/** Keeps one app in step: a loop over the machine, which any order can interrupt. */
export class Syncer {
  readonly #work: Work;
  readonly #appLog: AppLog;
  readonly #onNews: () => void;
  #state: State = "Idle";
  #running: Promise<void> | undefined;
  #step = new AbortController();
  #interrupt: Interrupt | undefined;
  #closing: NodeJS.Timeout | undefined;
  #next: Settings | undefined;
  #telling: NodeJS.Timeout | undefined;
  /** What was seen has waited for a moment: it is told, whatever comes next. */
  #isDue = false;

  /** @param options - `onSeen` is told when there is something for a status; not of each step of what takes no time. */
  constructor(object: CFAppSync, { onSeen, ...options }: WorkOptions) {
    this.#onNews = onSeen;
    this.#work = new Work(object, { ...options, onSeen: () => this.#tellSoon() });
    this.#appLog = new AppLog(this.#work);
  }

  get observation(): Observation {
    return { ...this.#work.observation, state: this.#state };
  }

  /** It is on its way to a state that is worth a status, and will tell of it. */
  get isInBetween(): boolean {
    return this.#telling !== undefined && !this.#isDue;
  }

  /** What there is to tell; whoever asks for it tells it. */
  told(): Observation {
    this.#isDue = false;
    return this.observation;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Begins, or begins anew if the spec means other work than before. */
  configure(settings: Settings): void {
    const isSame = settings.workHash === this.#work.settings.workHash;
    this.#work.settings = isSame ? settings : this.#work.settings;
    this.#work.isEnding = false;
    if (isSame) return this.#state === "Idle" && !this.#interrupt ? this.#order("start") : undefined;
    this.#next = settings;
    this.#order(this.#state === "Idle" ? "start" : "respec");
  }

  change(change: Change): void {
    this.#work.inbox.add(change);
    this.#work.bell.ring();
  }

  ask(ask: Ask): void {
    this.#work.inbox.ask(ask);
    this.#work.bell.ring();
  }

  /** While a build runs, what is there is half of something. */
  hold(isHeld: boolean): void {
    if (this.#work.isHeld === isHeld) return;
    this.#work.isHeld = isHeld;
    this.#work.bell.ring();
  }

  /** @param names - Of others that do the same. */
  share(names: readonly string[]): void {
    this.#work.share(names);
  }

  /** Ends what is under way, if that can still be ended. */
  cancel(): boolean {
    if (this.#state === "Deploy") this.#step.abort(new Error("canceled by hand"));
    else if (this.#state === "Stage" || this.#state === "Commit") {
      this.#work.cancel.abort(new Error("canceled by hand"));
      void this.#letGo();
    } else return false;
    return true;
  }

  /** @param isToKeep - What was synced is put into a droplet first. */
  stop({ isToKeep = false } = {}): void {
    const isIdle = this.#state === "Idle" && this.#interrupt !== "start";
    if (isIdle) return;
    if (!isToKeep) return this.#order("stop");
    this.#work.isEnding = true;
    this.#work.bell.ring();
  }

  /** Resolves when nothing runs any more, or when what runs has not ended after some seconds. */
  async close(): Promise<void> {
    this.stop();
    // Who waits for an instance that does not answer waits no more.
    this.#work.closeLinks();
    const late = new AbortController();
    const deadline = sleep(CLOSE_MS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.#running, deadline]);
    late.abort();
    clearTimeout(this.#closing);
    clearTimeout(this.#telling);
    this.#appLog.stop();
    this.#work.closeWays();
  }

  #order(interrupt: Interrupt): void {
    clearTimeout(this.#closing);
    this.#interrupt = interrupt;
    this.#step.abort(new Error("interrupted"));
    this.#work.cancel.abort(new Error("interrupted"));
    void this.#letGo();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#appLog.stop();
      this.#closing = setTimeout(() => this.#work.closeWays(), KEPT_MS).unref();
      if (this.#interrupt) this.#order(this.#interrupt);
    });
  }

  /** Of a set that is to end nothing comes any more where an instance is stuck: then its connection is given up. */
  async #letGo(): Promise<void> {
    const work = this.#work;
    const { set } = work;
    if (!set) return;
    const isStuck = await isSilent(work.connected, LET_GO_MS);
    if (isStuck && work.set === set) work.letGo();
  }

  async #run(): Promise<void> {
    this.#appLog.start();
    do {
      const event = this.#interrupted() ?? (await this.#act());
      this.#go(this.#interrupted() ?? event);
    } while (this.#state !== "Idle");
  }

  #interrupted(): Interrupt | undefined {
    const interrupt = this.#interrupt;
    this.#interrupt = undefined;
    if (interrupt) this.#begin();
    return interrupt;
  }

  /** What was under way is dropped; what an instance may have of it, its greeting tells. */
  #begin(): void {
    const work = this.#work;
    if (this.#next) {
      work.configure(this.#next);
      work.closeWays();
      work.waysFor = undefined;
    }
    this.#next = undefined;
    Object.assign(work, { set: undefined, block: undefined, failures: 0, deployReason: undefined });
    work.offline = undefined;
    work.isFallbackTold = false;
    work.isEnding = false;
  }

  async #act(): Promise<MachineEvent> {
    if (this.#state === "Idle") return "stop";
    this.#step = new AbortController();
    const { signal } = this.#step;
    try {
      return await ACTIONS[this.#state](this.#work, signal);
    } catch (error) {
      return this.#failed(error as Error);
    }
  }

  async #failed(error: Error): Promise<MachineEvent> {
    const work = this.#work;
    if (this.#interrupt) return "failed";
    if (error instanceof AuthError) {
      work.fail("Authenticated", { status: "False", reason: error.reason, message: error.message });
      work.tell("Warning", error.reason, error.message);
      work.block = { until: "login", stamp: await work.login.stamp() };
      return "refused";
    }
    const isPlatform = error instanceof PlatformError || this.#state === "Resolve";
    const what = isPlatform ? `the platform does not answer as it should: ${error.message}` : error.message;
    return work.fail("Connected", { status: "False", reason: "Unreachable", message: what });
  }

  #go(event: MachineEvent): void {
    this.#state = step(this.#state, event);
    if (SETTLED.has(this.#state)) this.#tell();
    else this.#tellSoon();
  }

  #tellSoon(): void {
    this.#telling ??= setTimeout(() => this.#tell(), MOMENT_MS);
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    this.#isDue = true;
    this.#onNews();
  }
}

/** Whether one of them says nothing for so long. */
async function isSilent(members: readonly Member[], limitMs: number): Promise<boolean> {
  const answers = Promise.allSettled(members.map(async ({ link }) => link?.ping()));
  const late = new AbortController();
  const limit = sleep(limitMs, true, { signal: late.signal, ref: false }).catch(() => false);
  try {
    return await Promise.race([answers.then(() => false), limit]);
  } finally {
    late.abort();
  }
}
