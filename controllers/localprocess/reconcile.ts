import type { NamespacedName } from "../../apis/meta.ts";
import { type Cause, LocalProcess } from "../../apis/v1alpha1/index.ts";
import { type Client, nameOf } from "../../client/index.ts";
import {
  ensureFinalizer,
  evaluateDependencies,
  fileChangeSince,
  hasFinalizer,
  isBeingDeleted,
  isLater,
  type LogOwner,
  type Recorder,
  removeFinalizer,
  type Source,
  stampSince,
  triggersOf,
  type Verdict,
} from "../runtime/index.ts";
import { decide, type Executed, executedOf } from "./due.ts";
import type { Memories, Memory } from "./memory.ts";
import type { ManagedProcess } from "./process.ts";
import { type Hold, messageOf, triggerOf } from "./requests.ts";
import { tellEnded } from "./startup.ts";
import { asObserved, observationOf, statusOf } from "./status.ts";
import type { Supervisor } from "./supervisor.ts";

const FINALIZER = "tiltish.dev/localprocess";

interface Tools {
  client: Client;
  recorder: Recorder;
  supervisor: Supervisor;
  memories: Memories;
  rootOf: (namespace: string) => string | Promise<string>;
}

/** One LocalProcess at a time: gives orders to the engine, never waits for them, and writes down what it sees. */
export class Reconciler implements Source {
  readonly #tools: Tools;
  readonly #wakes = new Set<(request: NamespacedName) => void>();
  /** Objects whose process is being removed, by uid. */
  readonly #removals = new Map<string, "begun" | "done">();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** It wakes an object itself when a removal that it has begun is done. */
  subscribe(wake: (request: NamespacedName) => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  async reconcile(request: NamespacedName, object: LocalProcess | undefined): Promise<void> {
    const others = this.#removeOthers(request, object);
    if (!object) return this.#tools.memories.forget(request);
    if (isBeingDeleted(object)) return this.#delete(object);
    if (object.spec.disabled) return this.#disable(object);
    // Two processes under one name would fight for its port. The end of the removal wakes this object.
    if (others > 0) return;
    await this.#keep(await ensureFinalizer(this.#tools.client, finalizerOf(object)));
  }

  /** Ends what was run for objects of this name that are gone. @returns How many there are. */
  #removeOthers(request: NamespacedName, object: LocalProcess | undefined): number {
    const uids = this.#tools.supervisor.uidsOf(request).filter((uid) => uid !== object?.metadata.uid);
    for (const uid of uids) this.#remove({ ...request, uid });
    return uids.length;
  }

  #remove(owner: LogOwner): void {
    if (this.#removals.has(owner.uid)) return;
    this.#removals.set(owner.uid, "begun");
    void this.#tools.supervisor.remove(owner).finally(() => {
      this.#removals.set(owner.uid, "done");
      for (const wake of this.#wakes) wake({ namespace: owner.namespace, name: owner.name });
    });
  }

  async #delete(object: LocalProcess): Promise<void> {
    const { client, memories, supervisor } = this.#tools;
    if (!hasFinalizer(object, FINALIZER)) return;
    const owner = ownerOf(object);
    this.#remove(owner);
    if (this.#removals.get(owner.uid) !== "done") {
      const process = supervisor.get(owner.uid);
      if (process && !process.isIdle) await this.#write(object, process);
      return;
    }
    // Others may hold it for long, and nobody should take what it was for what it is.
    if ((object.metadata.finalizers?.length ?? 0) > 1) await tellEnded(client, object);
    const ended = await client.get(LocalProcess, object.metadata);
    if (ended) await removeFinalizer(client, finalizerOf(ended));
    this.#removals.delete(owner.uid);
    memories.forget(nameOf(object));
  }

  /** The status of a disabled object is left alone, once it says so. */
  async #disable(object: LocalProcess): Promise<void> {
    const { memories, supervisor } = this.#tools;
    const memory = memories.of(object);
    this.#tellIgnored(object, memory);
    const { status, metadata } = object;
    const process = supervisor.get(metadata.uid ?? "");
    // An earlier server may have ended between the change and its effect.
    const isOutdated = status?.state !== undefined && status.state !== "Disabled";
    // Else the next server would obey what this one has told to be ignored.
    const isHeard = status?.observedTrigger === memory.trigger;
    if (!process && !isOutdated && isHeard) return;
    const managed = process ?? supervisor.ensure(ownerOf(object), observationOf(object));
    managed.disable();
    memory.wasDisabled = true;
    if (memory.toldDisabled === metadata.generation && isHeard) return;
    // Asked before the write: the stop may end while that waits, and then it was not what was told.
    const { isIdle } = managed;
    await this.#write(object, managed);
    if (isIdle) memory.toldDisabled = metadata.generation;
  }

  #tellIgnored(object: LocalProcess, memory: Memory): void {
    const trigger = triggerOf(object);
    if (trigger === undefined || trigger === memory.trigger) return;
    memory.trigger = trigger;
    const message = "it is disabled: spec.disabled must be false for it to run";
    this.#tools.recorder.event(object, "Normal", "TriggerIgnored", message);
  }

  async #keep(object: LocalProcess): Promise<void> {
    const { memories, supervisor, rootOf } = this.#tools;
    const memory = memories.of(object);
    const root = await rootOf(object.metadata.namespace ?? "");
    const executed = executedOf(object.spec, root);
    // What an earlier server has finished counts as ordered by this one.
    if (memory.generation !== undefined) memory.executed ??= executed;
    const process = supervisor.ensure(ownerOf(object), observationOf(object));
    process.configure(object.spec);
    const verdict = await this.#order(object, { memory, process, executed, root });
    if (process.observation.state === "Starting") await process.spawned;
    // What runs, or is not to run, waits for nobody.
    await this.#write(object, process, memory.waitsFor === undefined ? { cycle: verdict.cycle } : verdict);
  }

  /** Runs the process if it is to run now and nothing is in the way. */
  async #order(object: LocalProcess, { memory, process, executed, root }: Ordering): Promise<Verdict> {
    const { client } = this.#tools;
    const { startTime } = process.observation;
    const seen = laterOf(startTime, memory.fileTime);
    const fileCause = await this.#fileCause(object, laterOf(seen, seen && memory.hold?.since));
    const verdict = await evaluateDependencies(client, object, laterOf(startTime, memory.dependencyTime));
    const decision = decide(object, {
      ordered: memory.executed,
      orderedGeneration: memory.generation,
      observedTrigger: memory.trigger,
      wasDisabled: memory.wasDisabled,
      hold: memory.hold,
      executed,
      observation: process.observation,
      fileCause,
      dependencyCause: verdict.cause,
    });
    if (!decision) this.#tellUnchanged(object, memory);
    else if (decision.act === "cancel") {
      memory.trigger = triggerOf(object);
      process.cancel(decision.time);
    } else if (decision.act === "hold") {
      Object.assign(memory, held(object, { executed, hold: decision.hold }));
      this.#hold(object, process, decision.hold);
    } else if (verdict.waiting)
      this.#wait(object, { process, memory, message: verdict.waiting, detail: verdict.detail });
    else {
      const { cause } = decision;
      Object.assign(memory, taken(object, { executed, fileCause, cause, memory }));
      process.run({ spec: object.spec, root, cause });
    }
    return verdict;
  }

  /** What has done its work stays as it is: there is nothing to stop. */
  #hold(object: LocalProcess, process: ManagedProcess, hold: Hold): void {
    if (hold.by === "Stop" && process.observation.state === "Succeeded") return;
    process.hold(messageOf(hold, object));
  }

  /** Before its first run there is no change: that run takes everything in. */
  async #fileCause(object: LocalProcess, since: string | undefined): Promise<Cause | undefined> {
    if (since === undefined) return undefined;
    const { client } = this.#tools;
    const watches = await triggersOf(client, object.metadata.namespace ?? "", object.spec.restartOn);
    return fileChangeSince(watches, since) ?? stampSince(client, object, since);
  }

  /** What runs goes on meanwhile: a run that is due is no reason to be without the one that there is. */
  #wait(object: LocalProcess, { process, memory, message, detail = message }: Waiting): void {
    if (memory.waitsFor !== message) {
      memory.waitsFor = message;
      const goesOn = process.isIdle ? "" : `; run ${process.observation.run} goes on until then`;
      this.#tools.recorder.event(object, "Normal", "Waiting", message + goesOn);
    }
    if (process.isIdle) process.wait(detail);
  }

  #tellUnchanged(object: LocalProcess, memory: Memory): void {
    const { generation } = object.metadata;
    if (memory.generation === generation) return;
    memory.generation = generation;
    const message = "the spec changed, but nothing of what is executed: no new run";
    this.#tools.recorder.event(object, "Normal", "Unchanged", message);
  }

  async #write(object: LocalProcess, process: ManagedProcess, verdict: Verdict = {}): Promise<void> {
    const { client, memories } = this.#tools;
    const { observation } = process;
    // What was asked or changed is not done before it runs: until then a crash must not lose it.
    const { observedTrigger: toldTrigger, observedGeneration, holdTime: toldHold } = object.status ?? {};
    const { trigger, hold } = memories.of(object);
    const observedTrigger = process.isInBetween ? toldTrigger : trigger;
    const holdTime = process.isInBetween ? toldHold : hold?.since;
    // Most stops take a few milliseconds, and the engine wakes us again if this one does not.
    const isSeen = process.isInBetween || observedGeneration === object.metadata.generation;
    const isNews = process.isStopWorthTelling || observedTrigger !== toldTrigger || !isSeen;
    if (observation.state === "Stopping" && !isNews) return;
    const seen = process.isInBetween ? asObserved(object) : object;
    await client.setStatus(
      LocalProcess,
      seen,
      statusOf(seen, { observation, observedTrigger, holdTime, verdict }),
    );
  }
}

interface Ordering {
  memory: Memory;
  process: ManagedProcess;
  executed: Executed;
  root: string;
}

interface Waiting {
  process: ManagedProcess;
  memory: Memory;
  message: string;
  /** The same with the last output of whom it waits for: too much for an Event. */
  detail?: string | undefined;
}

interface Taken {
  memory: Memory;
  executed: Executed;
  fileCause: Cause | undefined;
  cause: Cause;
}

/** An order takes in everything that is there when it is given, whatever its cause. */
const taken = (object: LocalProcess, { memory, executed, fileCause, cause }: Taken): Partial<Memory> => ({
  executed,
  generation: object.metadata.generation,
  trigger: triggerOf(object) ?? memory.trigger,
  hold: undefined,
  fileTime: fileCause?.time ?? memory.fileTime,
  dependencyTime: cause.type === "Dependency" ? cause.time : memory.dependencyTime,
  wasDisabled: false,
  waitsFor: undefined,
});

const held = (object: LocalProcess, { executed, hold }: Pick<Taken, "executed"> & { hold: Hold }) => ({
  executed,
  hold,
  generation: object.metadata.generation,
  ...(triggerOf(object) !== undefined && { trigger: triggerOf(object) }),
  wasDisabled: false,
  waitsFor: undefined,
});

const finalizerOf = (object: LocalProcess) => ({ kind: LocalProcess, object, finalizer: FINALIZER });

const ownerOf = ({ metadata }: LocalProcess): LogOwner => ({
  namespace: metadata.namespace ?? "",
  name: metadata.name,
  uid: metadata.uid ?? "",
});

const laterOf = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && isLater(b, a)) ? b : a;
