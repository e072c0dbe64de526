import type { Cause, K8sResource } from "../../../apis/v1alpha1/index.ts";
import { backoffMs } from "../../../client/index.ts";
import type { Cluster, Clusters } from "../cluster/index.ts";
import type { Commands } from "../commands/command.ts";
import { Problem } from "../problem.ts";
import { FileChanges } from "../target/index.ts";
import { applyAll } from "./apply.ts";
import { ancestorIn, type Applied, applyInputs, fail, textOfApplied } from "./applying.ts";
import { Commander, commandHash } from "./commanded.ts";
import { Connection, filesOf } from "./connect.ts";
import { type Expectation, type Inputs, inputsOf } from "./inputs.ts";
import { no, type Observation } from "./observation.ts";
import { isSameOrder, type Order } from "./order.ts";
import { POLICY } from "./policy.ts";
import { Observer } from "./observer.ts";
import { prune } from "./prune.ts";
import { removeEverything } from "./removal.ts";
import { Work, type WorkOptions } from "./work.ts";

/** How long what answers is left alone before it is asked whether it still does. */
const LOOK_AGAIN_MS = 15_000;
/** The same for what is being deleted. */
const PRUNE_AGAIN_MS = 5_000;

export interface EngineOptions extends WorkOptions {
  readonly commands: Commands;
  /** Where the kubeconfig for them lies. */
  readonly kubeconfig: string;
  /** Shared by all. */
  readonly clusters: Clusters;
  /** That of this server. */
  readonly stateDirectory: string;
}

interface Deploying {
  readonly cluster: Cluster;
  readonly order: Order;
  readonly inputs: Inputs;
  readonly isResumed: boolean;
}

/** What is to be done away with, and how it was reached. */
export interface Leaving {
  readonly spec: K8sResource["spec"];
  readonly home: string;
  /** Those that were built last. */
  readonly images: Order["images"];
  /** By which somebody asks for it once more. */
  readonly trigger?: string | undefined;
}

/** Does for one object all that takes time. It is given orders, and tells what it sees. */
export class Engine {
  readonly #work: Work;
  readonly #connection: Connection;
  readonly #commander: Commander;
  readonly #kubeconfigs: FileChanges;
  readonly #abort = new AbortController();
  /** Aborted when another order makes what is being done pointless. */
  #step = new AbortController();
  #order: Order | undefined;
  #leaving: Leaving | undefined;
  #failures = 0;
  #running: Promise<void> | undefined;
  #observer: Observer | undefined;
  #doneAsk: string | undefined;
  /** What was applied last, but for the objects: they are read again when they are needed. */
  #settled: { order: Order; cluster: Cluster; expected: Expectation } | undefined;
  /** The last thing that was told to be in the way. */
  #told: string | undefined;
  /** What nothing but another input can mend, and by which input it came. */
  #final: { hash: string; problem: Problem } | undefined;
  #trigger: { trigger: string; cause: Cause } | undefined;

  constructor(object: K8sResource, { commands, kubeconfig, ...options }: EngineOptions) {
    this.#work = new Work(object, options);
    this.#commander = new Commander(this.#work, { commands, kubeconfig });
    this.#connection = new Connection(this.#work, options);
    this.#kubeconfigs = new FileChanges(() => {
      this.#connection.forget();
      this.#again();
    });
  }

  get observation(): Observation {
    return this.#work.observation;
  }

  /** Which state of knowledge the observation is; to be told to {@link wrote}. */
  get seen(): number {
    return this.#work.seen;
  }

  /** The status says what was known at `seen`. */
  wrote(seen: number): void {
    this.#work.wrote(seen);
  }

  /** Something is, or may be, in a cluster. */
  get holds(): boolean {
    const { deployed = [], dropped = [], applyingInputHash } = this.#work.facts;
    return deployed.length + dropped.length > 0 || applyingInputHash !== undefined;
  }

  /** It keeps what it was told to keep. */
  get isKeeping(): boolean {
    return this.#order !== undefined;
  }

  /** What was asked for is nothing that can be done. */
  ignore(trigger: string, message: string): void {
    this.#work.see({ observedTrigger: trigger });
    this.#work.tell("Normal", "RequestIgnored", message);
  }

  /** Ends the command that runs. @returns whether there is one. */
  cancel(trigger: string, cause: Cause): boolean {
    if (!this.#commander.cancel(cause)) return false;
    this.#work.see({ observedTrigger: trigger });
    return true;
  }

  /** The cause that a trigger stands for, the same however often it is asked for. */
  causeOf(trigger: string, read: (trigger: string) => Cause): Cause {
    if (this.#trigger?.trigger !== trigger) this.#trigger = { trigger, cause: read(trigger) };
    return this.#trigger.cause;
  }

  /** Makes it so, and keeps it so. */
  keep(wanted: Order): void {
    const order = this.#withAsk(wanted);
    if (!this.#leaving && isSameOrder(this.#order, order)) return;
    // What is being applied is applied to its end. What deletes, and a command that is another now, do not matter any more.
    if (this.#leaving || isOtherCommand(this.#order, order)) this.#step.abort();
    this.#order = order;
    this.#leaving = undefined;
    this.#again();
  }

  /** What was asked for and is not done yet is not forgotten for an order that asks for nothing. */
  #withAsk(order: Order): Order {
    const { ask } = this.#order ?? {};
    return !order.ask && ask && JSON.stringify(ask) !== this.#doneAsk ? { ...order, ask } : order;
  }

  /** Leaves what was applied as it is, and looks at it no more. */
  rest(): void {
    this.#order = undefined;
    this.#leaving = undefined;
    this.#step.abort();
    this.#observer?.close();
    this.#observer = undefined;
  }

  /** Deletes what was applied. A command that has failed is run again if it is another one, or if it is asked for. */
  leave(leaving: Leaving): void {
    if (this.#leaving && !isOtherLeaving(this.#leaving, leaving)) return;
    // By another cause it is known to be another run.
    if (this.#leaving) this.#work.see({ cause: undefined, observedTrigger: leaving.trigger });
    this.#leaving = leaving;
    this.#order = undefined;
    this.#final = undefined;
    this.#step.abort();
    this.#again();
  }

  /** Ends; what is in the cluster stays. */
  async close(isGone = false): Promise<void> {
    this.#abort.abort();
    this.#step.abort();
    this.#kubeconfigs.close();
    this.#observer?.close();
    // What is on its way ends with its connection: the next tiltish finishes it.
    this.#connection.forget();
    await this.#running;
    this.#connection.forget();
    if (isGone) await this.#commander.forget();
    await this.#work.log.close(isGone);
  }

  #again(): void {
    this.#failures = 0;
    this.#work.bell.ring();
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#work.bell.wait(Date.now() + (await this.#next()), signal);
    }
  }

  /** @returns in how many milliseconds to look again. */
  async #next(): Promise<number> {
    this.#step = new AbortController();
    if (this.#abort.signal.aborted) return 0;
    try {
      await (this.#leaving ? this.#leave(this.#leaving) : this.#keep());
      this.#failures = 0;
      this.#told = undefined;
      return this.#work.facts.dropped ? PRUNE_AGAIN_MS : LOOK_AGAIN_MS;
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #keep(): Promise<void> {
    const order = this.#order;
    if (!order) return;
    const { signal } = this.#step;
    this.#kubeconfigs.watch(filesOf(order.spec, order.home));
    const cluster = await this.#connect(order, signal);
    const expected = this.#isSettled(order, cluster) ?? (await this.#bringAbout(order, cluster));
    if (signal.aborted) return;
    try {
      await this.#observe(cluster, order, expected);
    } finally {
      await prune(this.#work, cluster, signal);
    }
    this.#sound();
  }

  /** What was applied by this order already; files that are not watched yet are read again. */
  #isSettled(order: Order, cluster: Cluster): Expectation | undefined {
    const { appliedInputHash, applyingInputHash } = this.#work.facts;
    const { expected } =
      this.#settled?.order === order && this.#settled.cluster === cluster ? this.#settled : {};
    if (applyingInputHash !== undefined || expected?.hash !== appliedInputHash) return undefined;
    return order.spec.files && !order.watchedSince ? undefined : expected;
  }

  async #bringAbout(order: Order, cluster: Cluster): Promise<Expectation> {
    const inputs = await this.#inputs(order, cluster);
    await this.#apply(order, cluster, inputs);
    const expected = await this.#expected(order, inputs);
    this.#settled = { order, cluster, expected };
    return expected;
  }

  /** Unless that is done already. */
  async #apply(order: Order, cluster: Cluster, inputs: Inputs): Promise<void> {
    const { signal } = this.#step;
    const ask = order.ask && JSON.stringify(order.ask);
    const isAsked = ask !== undefined && ask !== this.#doneAsk;
    const { appliedInputHash, applyingInputHash } = this.#work.facts;
    const isToFinish = applyingInputHash === inputs.hash;
    if (!isAsked && !isToFinish && appliedInputHash === inputs.hash) return;
    if (!isAsked && this.#final?.hash === inputs.hash) throw this.#final.problem;
    this.#doneAsk = ask;
    const deploy = (isResumed: boolean) => this.#deploy({ cluster, order, inputs, isResumed });
    try {
      await applyInputs(this.#work, { cluster, inputs, order, signal, deploy, isAsked });
    } catch (error) {
      if (!signal.aborted && error instanceof Problem && error.isFinal)
        this.#final = { hash: inputs.hash, problem: error };
      throw error;
    }
  }

  async #deploy({ cluster, order, inputs, isResumed }: Deploying): Promise<Applied> {
    const { signal } = this.#step;
    await this.#commander.end("delete", signal);
    if (order.spec.applyCommand) return this.#commander.apply({ cluster, order, signal });
    await this.#commander.end("apply", signal);
    const work = this.#work;
    const { deployed, taken } = await applyAll(inputs.objects, { work, cluster, isResumed, signal });
    return { deployed, taken, ancestor: ancestorIn(inputs.objects, deployed) };
  }

  async #expected({ spec }: Order, inputs: Inputs): Promise<Expectation> {
    const { hash, templates, makers } = inputs;
    if (!spec.applyCommand) return { hash, templates, makers };
    const { deployedPodTemplateSpecHashes = [] } = this.#work.facts;
    return { hash, templates: deployedPodTemplateSpecHashes, makers: await this.#commander.makers() };
  }

  /** Looks at the pods, and has ports and logs lead to them. */
  async #observe(cluster: Cluster, order: Order, expected: Expectation): Promise<void> {
    if (this.#observer?.cluster !== cluster) {
      this.#observer?.close();
      this.#observer = new Observer(this.#work, cluster);
    }
    try {
      await this.#observer.watch(order, expected);
    } catch (error) {
      throw cluster.problemOf(error);
    }
  }

  async #inputs(order: Order, { target }: Cluster): Promise<Inputs> {
    if (order.spec.applyCommand)
      return { objects: [], templates: [], makers: [], hash: commandHash(order, target) };
    try {
      return await inputsOf(order, target);
    } catch (error) {
      fail(this.#work, problemFrom(error));
      throw error;
    }
  }

  async #connect({ spec, home }: Order, signal: AbortSignal): Promise<Cluster> {
    try {
      return await this.#connection.ensure(spec, home, signal);
    } catch (error) {
      const { reason, message } = problemFrom(error);
      this.#work.judge("Connected", no(reason, message));
      throw error;
    }
  }

  /** What was wrong is not any more, and what is applied is what is wanted. */
  #sound(): void {
    const { state, verdicts, facts } = this.observation;
    const { applied = 0 } = facts;
    if (state === "Applied" && verdicts.Applied?.status === "True") return;
    this.#work.see({ error: undefined, applyingInputHash: undefined });
    this.#work.judge("Applied", {
      status: "True",
      reason: "Applied",
      message: textOfApplied(applied),
    });
    this.#work.enter("Applied");
  }

  async #leave(leaving: Leaving): Promise<void> {
    this.#observer?.close();
    this.#observer = undefined;
    this.#kubeconfigs.watch(filesOf(leaving.spec, leaving.home));
    const { signal } = this.#step;
    if (this.#final?.hash === LEAVING) throw this.#final.problem;
    try {
      await removeEverything(this.#work, this.#connection, { leaving, signal, commander: this.#commander });
    } catch (error) {
      // One that was interrupted says nothing of the one that comes after it.
      if (!signal.aborted && error instanceof Problem && error.isFinal)
        this.#final = { hash: LEAVING, problem: error };
      throw error;
    }
  }

  #failed(error: unknown): number {
    const problem = problemFrom(error);
    if (this.#step.signal.aborted) return 0;
    if (problem.reason === "ClusterUnreachable") this.#connection.doubt();
    const { state, message } = this.observation;
    const isTold = this.#told === problem.message;
    this.#told = problem.message;
    if (this.#leaving) this.#work.enter("Deleting", `${problem.message}; ${wayOut(this.#work)}`);
    else if (state !== "Failed" || message !== problem.message) this.#work.enter("Failed", problem.message);
    if (!isTold) this.#work.tell("Warning", problem.reason, problem.message);
    return problem.isPassing ? backoffMs(this.#failures++, { initialMs: 500, maxMs: 30_000 }) : LOOK_AGAIN_MS;
  }
}

/** Stands for the input of what deletes. */
const LEAVING = "leaving";

const isOtherLeaving = (before: Leaving, { spec, trigger }: Leaving): boolean =>
  trigger !== undefined || JSON.stringify(before.spec.deleteCommand) !== JSON.stringify(spec.deleteCommand);

/** One that hangs must not keep the one that was mended from running. */
const isOtherCommand = (before: Order | undefined, { spec }: Order): boolean =>
  before?.spec.applyCommand !== undefined &&
  JSON.stringify(before.spec.applyCommand) !== JSON.stringify(spec.applyCommand);

const wayOut = ({ name }: Work): string =>
  `to leave everything there as it is, annotate this object: tiltish annotate k8sresource ${name} ${POLICY}=keep`;

const problemFrom = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem("Unexpected", error instanceof Error ? error.message : "it failed", {
        isPassing: true,
        cause: error,
      });
