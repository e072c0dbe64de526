import type { Usage } from "../../apis/views/index.ts";
import type { Cause, LocalProcessSpec } from "../../apis/v1alpha1/index.ts";
import { isLater, type LogOwner, nowMicro, withoutInputs } from "../runtime/index.ts";
import { Execution, type Order, type Services } from "./execution.ts";
import { INITIAL, step, type Effect, type Machine, type MachineEvent, type State } from "./machine.ts";
import type { Observation, ProcessEvent } from "./observation.ts";
import { SpawnError } from "./os/spawn-error.ts";
import * as policy from "./policy.ts";
import type { Exit } from "./run.ts";

export interface ProcessOptions {
  owner: LogOwner;
  services: Services;
  /** Something of the observation has changed. */
  onChange: () => void;
  /** What an earlier server knew: runs are counted on, ports kept, and what is finished stays finished. */
  before?: Partial<Observation>;
}

/** What is told costs a write. Most processes end at once, and then what comes next is all that is worth telling. */
const TELL_STOPPING_AFTER_MS = 25;

/** The process of one object, over all its runs. At most one run exists at any time. */
export class ManagedProcess {
  readonly #options: ProcessOptions;
  #machine: Machine = INITIAL;
  #seen: Observation = { state: "Waiting", run: 0, restarts: 0, ready: false, message: "" };
  #order: Order | undefined;
  /** As the API has it now; what runs may have been started from an earlier one. */
  #spec: LocalProcessSpec | undefined;
  #execution: Execution | undefined;
  #spawning: Promise<void> = Promise.resolve();
  #logClosed: Promise<void> = Promise.resolve();
  #end: policy.RunEnd = {};
  #backoffTimer: NodeJS.Timeout | undefined;
  #changeTimer: NodeJS.Timeout | undefined;
  /** How the run before ended, and how many have ended so in a row. */
  #lastEnd = "";
  #sameEnds = 0;
  #whenIdle: (() => void)[] = [];
  #hasEnded = false;
  #stoppingSinceMs = 0;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const { before } = options;
    const isFinished = before?.state === "Succeeded" || before?.state === "Failed";
    const state = isFinished ? (before.state as State) : "Waiting";
    this.#machine = { state };
    this.#seen = { ...this.#seen, ...before, state, ready: false };
  }

  /** Whether it has been stopping for so long that somebody may wonder. */
  get isStopWorthTelling(): boolean {
    return performance.now() - this.#stoppingSinceMs >= TELL_STOPPING_AFTER_MS;
  }

  /** What it uses; undefined while nothing of it runs. */
  get usage(): Usage | undefined {
    return this.isIdle ? undefined : this.#execution?.usage;
  }

  /** Resolves when a start that was ordered has been tried. */
  get spawned(): Promise<void> {
    return this.#spawning;
  }

  get observation(): Observation {
    return this.#seen;
  }

  /** Whether nothing of it runs, and nothing is about to. */
  get isIdle(): boolean {
    return !["Starting", "Running", "Stopping"].includes(this.#machine.state);
  }

  /** Whether a run has ended of itself, or is to make room for the next, and what comes of that is not known yet. */
  get isInBetween(): boolean {
    return this.#machine.goal === "run" || this.#machine.goal === "settle";
  }

  /** Runs it from the start, ending what runs now. */
  run(order: Order): void {
    if (this.#hasEnded) return;
    this.#order = order;
    this.#spec = order.spec;
    this.#lastEnd = "";
    this.#seen = { ...this.#seen, restarts: 0 };
    this.#dispatch({ type: "run" });
  }

  /** Lets it not run, because of `message`. */
  wait(message: string): void {
    if (this.#hasEnded) return;
    if (this.#machine.state !== "Waiting" || this.#seen.message !== message) this.#see({ message });
    this.#dispatch({ type: "wait" });
  }

  /** As {@link wait}, and it is not about to be started either. */
  hold(message: string): void {
    if (this.#seen.nextStartTime !== undefined) this.#see({ nextStartTime: undefined });
    this.wait(message);
  }

  /** Ends the run that is on, if it was on at `time`. It has failed then, and no policy runs it again. */
  cancel(time: string): void {
    const { startTime } = this.#execution ?? {};
    if (!this.#hasEnded && startTime !== undefined && !isLater(startTime, time))
      this.#giveUp("canceled", "canceled");
  }

  disable(): void {
    if (this.#hasEnded || this.#machine.state === "Disabled" || this.#machine.goal === "disable") return;
    this.#see({ message: "disabled by spec.disabled" });
    this.#dispatch({ type: "disable" });
  }

  /** Takes over what of a spec does not concern the run itself: how to stop it, when to restart it. */
  configure(spec: LocalProcessSpec): void {
    if (this.#spec?.timeout !== spec.timeout) this.#execution?.setTimeout(spec);
    this.#spec = spec;
    if (this.#machine.state === "BackOff") this.#reconsider(spec);
  }

  /** Ends it for good: no order starts it again. Resolves when nothing of it runs and its log is complete. */
  async end(message: string): Promise<void> {
    this.wait(message);
    this.#hasEnded = true;
    if (!this.isIdle) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    await this.#logClosed;
  }

  #dispatch(event: MachineEvent): void {
    const { machine, effects } = step(this.#machine, event);
    this.#machine = machine;
    for (const effect of effects) this.#act(effect);
    const { state } = this.#machine;
    if (state !== this.#seen.state) this.#see({ state }, state === "Stopping" ? TELL_STOPPING_AFTER_MS : 0);
    if (this.isIdle) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #act(effect: Effect): void {
    switch (effect) {
      case "spawn":
        this.#spawning = this.#spawn();
        return;
      case "stop":
        void this.#stop();
        return;
      case "armBackoff":
        return this.#armBackoff();
      case "disarmBackoff":
        clearTimeout(this.#backoffTimer);
        this.#see({ nextStartTime: undefined });
    }
  }

  async #spawn(): Promise<void> {
    const { owner, services, before } = this.#options;
    const order = this.#order!;
    const run = this.#seen.run + 1;
    const startTime = nowMicro();
    const ports = this.#seen.ports ?? before?.ports;
    const previousRun = previousRunOf(this.#seen);
    const execution = new Execution({
      owner,
      services,
      order,
      run,
      startTime,
      ports,
      after: this.#logClosed,
      listener: {
        onStarted: () => {
          this.#dispatch({ type: "started" });
          this.#onHealth(execution, execution.isReady ? "ready" : "detail");
        },
        onChange: (turn) => this.#onHealth(execution, turn),
        onBroken: (message) => this.#giveUp("unhealthy", message),
        onTimeout: () => this.#giveUp("timeout", `took longer than ${this.#spec?.timeout}`),
        onExit: (exit) => this.#onExit(exit),
      },
    });
    this.#end = {};
    this.#execution = execution;
    const clean = { ...CLEAN, run, startTime, previousRun, cause: withoutInputs(order.cause) };
    try {
      await execution.start();
      const { pid } = execution;
      this.#see({ ...clean, pid, ports: portsOf(execution) });
      this.#event("Normal", "Started", `run ${run}, pid ${pid}: ${order.cause.message ?? order.cause.type}`);
      execution.startProbes();
    } catch (error) {
      this.#see({ ...clean, ports: portsOf(execution) });
      this.#onFailedStart(execution, error);
    }
  }

  #onFailedStart(execution: Execution, error: unknown): void {
    const { message } = error as Error;
    this.#end = {
      ...this.#end,
      notStarted: true,
      exitCode: error instanceof SpawnError ? error.exitCode : 1,
    };
    execution.note(message);
    this.#see({ message: this.#end.givenUp ? this.#seen.message : message, exitCode: this.#end.exitCode });
    this.#event("Warning", "FailedToStart", message);
    this.#dispatch({ type: "exited" });
  }

  #onExit(exit: Exit): void {
    this.#end = { ...this.#end, ...exit };
    this.#execution?.quiet();
    this.#dispatch({ type: "exited" });
  }

  #giveUp(givenUp: policy.GivenUp, message: string): void {
    if (this.#machine.state !== "Starting" && this.#machine.state !== "Running") return;
    this.#end = { givenUp };
    this.#execution?.note(message);
    this.#see({ message });
    this.#event("Warning", GIVEN_UP[givenUp], message);
    this.#dispatch({ type: "giveUp" });
  }

  #onHealth(execution: Execution, turn: "ready" | "unready" | "detail"): void {
    if (execution !== this.#execution || this.#machine.state === "Stopping") return;
    const { isReady, healthMessage } = execution;
    const { readinessProbe, startupProbe } = this.#order!.spec;
    const isNews = isReady !== this.#seen.ready;
    this.#see({ ready: isReady, message: healthMessage });
    // Without a probe it is ready as soon as it has started, which was told.
    if (turn === "ready" && isNews && (readinessProbe ?? startupProbe))
      this.#event("Normal", "Ready", "it is ready");
    if (turn === "unready") this.#event("Warning", "Unhealthy", `not ready: ${healthMessage}`);
    if (turn !== "detail" && readinessProbe && isNews)
      execution.note(isReady ? "ready" : `not ready: ${healthMessage}`);
  }

  async #stop(): Promise<void> {
    this.#stoppingSinceMs = performance.now();
    await this.#spawning;
    const execution = this.#execution!;
    const isForGood = this.#machine.goal === "wait" || this.#machine.goal === "disable";
    if (isForGood && execution.pid !== undefined) this.#event("Normal", "Stopping", this.#seen.message);
    this.#see({ ready: false }, TELL_STOPPING_AFTER_MS);
    const exit = await execution.end(this.#spec!);
    this.#end = { ...exit, ...this.#end };
    await this.#report(execution);
    this.#logClosed = execution.closeLog();
    // Whoever sees that it has ended must find its log complete. The next run need not wait for that.
    if (this.#machine.goal === "settle") await this.#logClosed;
    this.#onGone(execution);
  }

  #onGone(execution: Execution): void {
    const spec = this.#spec!;
    const restarts = policy.restartsAfter(spec, this.#seen.restarts, execution.ranMs);
    const outcome = policy.outcomeOf(spec, this.#end, restarts);
    const { exitCode, signal } = this.#end;
    this.#see({ pid: undefined, ready: false, finishTime: nowMicro(), exitCode, signal, restarts });
    const hasGivenUp = policy.wantsRestart(spec, this.#end) && outcome !== "BackOff";
    if (hasGivenUp && this.#machine.goal === "settle") this.#tellGivenUp(restarts);
    this.#dispatch({ type: "gone", outcome });
  }

  /** It waits to be started again, which its policy may not want any more. */
  #reconsider(spec: LocalProcessSpec): void {
    const { restarts } = this.#seen;
    const outcome = policy.outcomeOf(spec, this.#end, restarts);
    if (outcome === "BackOff") return;
    if (policy.wantsRestart(spec, this.#end)) this.#tellGivenUp(restarts);
    this.#dispatch({ type: "gone", outcome });
  }

  /** Says how it ended, in the log and as an Event. */
  async #report(execution: Execution): Promise<void> {
    if (this.#end.notStarted) return;
    const isFine = policy.isSuccess(this.#spec!, this.#end);
    const why = isFine || this.#end.givenUp ? undefined : await execution.explain();
    const message = [policy.describeEnd(this.#spec!, this.#end), ...(why ? [why] : [])].join(": ");
    if (this.#machine.goal !== "settle") return;
    if (!isFine) execution.note(message);
    if (!this.#end.givenUp) this.#see({ message });
    this.#event(isFine ? "Normal" : "Warning", "Exited", message);
  }

  #tellGivenUp(restarts: number): void {
    const message = `${this.#seen.message}; given up after ${restarts} restarts (spec.maxRestarts)`;
    this.#see({ message });
    this.#event("Warning", "GaveUp", message);
  }

  #armBackoff(): void {
    const delayMs = policy.backoffDelayMs(this.#spec!, this.#seen.restarts);
    const nextStartTime = nowMicro({ now: () => Date.now() + delayMs, after: () => () => undefined });
    this.#see({ nextStartTime });
    this.#event("Warning", "BackOff", `${this.#howItWent()}; starts again in ${delayMs / 1000}s`);
    this.#backoffTimer = setTimeout(() => this.#restart(), delayMs);
  }

  /** `exited with code 4 after 0.3s, the same 4 times in a row` */
  #howItWent(): string {
    const { message } = this.#seen;
    this.#sameEnds = message === this.#lastEnd ? this.#sameEnds + 1 : 1;
    this.#lastEnd = message;
    const ran = this.#end.notStarted ? "" : ` after ${(this.#execution!.ranMs / 1000).toFixed(1)}s`;
    return message + ran + (this.#sameEnds > 1 ? `, the same ${this.#sameEnds} times in a row` : "");
  }

  #restart(): void {
    const { message } = this.#seen;
    const type = this.#end.givenUp === "unhealthy" ? "Probe" : "Crash";
    const object = `LocalProcess/${this.#options.owner.name}`;
    const cause: Cause = { type, object, message, time: nowMicro() };
    const { spec, root, cause: before } = this.#order!;
    const { timeout } = this.#spec!;
    this.#order = { root, spec: { ...spec, timeout }, cause: { ...cause, ...inputsOf(before) } };
    this.#see({ restarts: this.#seen.restarts + 1, nextStartTime: undefined });
    this.#dispatch({ type: "backoffOver" });
  }

  #see(part: Partial<Observation>, tellAfterMs = 0): void {
    this.#seen = { ...this.#seen, ...part };
    clearTimeout(this.#changeTimer);
    if (tellAfterMs > 0) this.#changeTimer = setTimeout(this.#options.onChange, tellAfterMs + 1);
    else this.#options.onChange();
  }

  #event(type: ProcessEvent["type"], reason: ProcessEvent["reason"], message: string): void {
    this.#options.services.onEvent(this.#options.owner, { type, reason, message });
  }
}

const GIVEN_UP = { timeout: "TimedOut", unhealthy: "Unhealthy", canceled: "Canceled" } as const;

/** What a new run begins without. */
const CLEAN: Partial<Observation> = {
  pid: undefined,
  finishTime: undefined,
  exitCode: undefined,
  signal: undefined,
  nextStartTime: undefined,
  message: "",
};

const inputsOf = ({ inputs }: Cause): Pick<Cause, "inputs"> => (inputs ? { inputs } : {});

const previousRunOf = ({ run, startTime, finishTime, exitCode, signal }: Observation) =>
  run > 0 ? { run, startTime, finishTime, exitCode, signal } : undefined;

const portsOf = ({ ports }: Execution): Record<string, number> | undefined =>
  Object.keys(ports).length > 0 ? ports : undefined;
