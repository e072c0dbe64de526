import type { NamespacedName } from "../../apis/meta.ts";
import { K8sResource } from "../../apis/v1alpha1/index.ts";
import { type Client, keyOf } from "../../client/index.ts";
import {
  ensureFinalizer,
  evaluateDependencies,
  evaluateImages,
  isBeingDeleted,
  nowMicro,
  type Recorder,
  removeFinalizer,
  type Result,
  type Source,
  type UnmetTeller,
  type Verdict,
} from "../runtime/index.ts";
import { Clusters } from "./cluster/index.ts";
import { Commands } from "./commands/command.ts";
import { kubeconfigFor } from "./commands/kubeconfig.ts";
import { Engine, type Leaving } from "./engine/engine.ts";
import type { Entry } from "./entry.ts";
import { builtImages, orderFor, triggerOf } from "./orders.ts";
import { LogSink } from "./logs/sink.ts";
import { type Obstacle, statusOf } from "./status.ts";
import { ensureWatch } from "./watch.ts";

export interface Tools {
  client: Client;
  recorder: Recorder;
  unmet: UnmetTeller;
  stateDirectory: string;
  rootOf: (namespace: string) => string | Promise<string>;
}

/** Holds the object until what it has put into a cluster is deleted there. */
export const FINALIZER = "tiltish.dev/k8sresource";
/** On a K8sResource: nothing is deleted in the cluster, and nobody there is asked. The way out if it is gone. */
export const POLICY_ANNOTATION = "tiltish.dev/down-policy";

const LOOK_AGAIN_MS = 3_000;

/** One K8sResource at a time: gives orders to its engine, never waits for them, and writes down what it sees. */
export class Reconciler implements Source {
  readonly #tools: Tools;
  readonly #entries = new Map<string, Entry>();
  readonly #clusters = new Clusters();
  readonly #wakes = new Set<(request: NamespacedName) => void>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Wakes an object when its engine has news. */
  subscribe(wake: (request: NamespacedName) => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  /** Those that there are, and what makes them be applied again. */
  get listeners(): { name: NamespacedName; restartOn?: Entry["restartOn"] }[] {
    return [...this.#entries].map(([key, { restartOn }]) => ({ name: nameIn(key), restartOn }));
  }

  namesIn(namespace: string): NamespacedName[] {
    return [...this.#entries.keys()].map(nameIn).filter((name) => name.namespace === namespace);
  }

  async reconcile(request: NamespacedName, object: K8sResource | undefined): Promise<Result | void> {
    if (!object) return this.#forget(request, true);
    const home = await this.#tools.rootOf(request.namespace);
    const entry = this.#entryFor(request, object);
    entry.restartOn = object.spec.restartOn;
    if (isBeingDeleted(object)) return this.#end(object, entry, home);
    await ensureWatch(this.#tools.client, object);
    return object.spec.disabled ? this.#disable(object, entry, home) : this.#keep(object, entry, home);
  }

  /** Ends everything; no reconcile runs any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ engine }) => engine.close()));
    this.#entries.clear();
  }

  #forget(request: NamespacedName, isGone: boolean): void {
    const entry = this.#entries.get(keyOf(request));
    this.#entries.delete(keyOf(request));
    this.#tools.unmet.forget(request);
    void entry?.engine.close(isGone);
  }

  #entryFor(request: NamespacedName, object: K8sResource): Entry {
    const { uid = "" } = object.metadata;
    const known = this.#entries.get(keyOf(request));
    if (known && known.uid === uid) return known;
    this.#forget(request, true);
    const { recorder, stateDirectory } = this.#tools;
    const kubeconfig = kubeconfigFor(stateDirectory, uid);
    const engine = new Engine(object, {
      commands: new Commands(this.#tools.client, object),
      kubeconfig,
      clusters: this.#clusters,
      stateDirectory,
      tell: (type, reason, message) => recorder.event(object, type, reason, message),
      log: new LogSink(stateDirectory, { ...request, uid }),
      onSeen: () => this.#wakes.forEach((wake) => wake(request)),
    });
    const entry: Entry = { uid, engine, dependencyTime: nowMicro() };
    this.#entries.set(keyOf(request), entry);
    return entry;
  }

  /** What was applied goes first, unless it is to be kept. */
  async #end(object: K8sResource, { engine }: Entry, home: string): Promise<void> {
    const isKept = object.metadata.annotations?.[POLICY_ANNOTATION] === "keep";
    if (!engine.holds || isKept) {
      const target = { kind: K8sResource, object, finalizer: FINALIZER };
      await removeFinalizer(this.#tools.client, target);
      return;
    }
    engine.leave(await this.#leaving(object, engine, home));
    await this.#write(object, engine);
  }

  /** Once it says so, the status of a disabled object is left alone. */
  async #disable(object: K8sResource, entry: Entry, home: string): Promise<void> {
    const { engine } = entry;
    const isKept = object.metadata.annotations?.[POLICY_ANNOTATION] === "keep";
    if (isKept) engine.rest();
    else engine.leave(await this.#leaving(object, engine, home));
    if (engine.holds && !isKept) return this.#write(object, engine);
    const { generation } = object.metadata;
    if (entry.toldDisabled === generation) return;
    entry.toldDisabled = generation;
    await this.#write(object, engine, { state: "Disabled", message: "spec.disabled is set" });
  }

  /** Commands get the images also to delete, as far as they are there. */
  async #leaving(object: K8sResource, engine: Engine, home: string): Promise<Leaving> {
    const images = await evaluateImages(this.#tools.client, object);
    const { trigger } = (engine.holds && triggerOf({ object, engine })) || {};
    return { spec: object.spec, home, images: builtImages(images), trigger };
  }

  async #keep(object: K8sResource, entry: Entry, home: string): Promise<Result | void> {
    const { client, unmet } = this.#tools;
    entry.toldDisabled = undefined;
    const [dependencies, images] = await Promise.all([
      evaluateDependencies(client, object, entry.dependencyTime),
      evaluateImages(client, object),
    ]);
    const waiting = dependencies.waiting ?? images.waiting;
    const obstacle = this.#obstacleOf(object, entry, waiting, dependencies.detail);
    const held = obstacle ? object : await this.#hold(object);
    // What is applied is left alone while a new image is on its way.
    if (images.waiting === undefined && !obstacle) {
      const order = await orderFor(
        { client, object: held, engine: entry.engine, home },
        { dependencies, images },
      );
      if (dependencies.cause) entry.dependencyTime = dependencies.cause.time;
      entry.waitsFor = undefined;
      entry.engine.keep(order);
    }
    await this.#write(held, entry.engine, obstacle, obstacle ? dependencies : { cycle: dependencies.cycle });
    if (!obstacle) return void unmet.note(object, undefined);
    return { requeueAfterMs: unmet.note(object, dependencies.unmet) ?? LOOK_AGAIN_MS };
  }

  /** Before anything is in a cluster, the object is held: whoever deletes it deletes that as well. */
  #hold(object: K8sResource): Promise<K8sResource> {
    return ensureFinalizer(this.#tools.client, { kind: K8sResource, object, finalizer: FINALIZER });
  }

  /** What is applied stays so: dependencies count before there is anything, images before anything new. */
  #obstacleOf(
    object: K8sResource,
    entry: Entry,
    waiting: string | undefined,
    detail?: string,
  ): Obstacle | undefined {
    if (waiting === undefined || entry.engine.isKeeping) return undefined;
    if (entry.waitsFor !== waiting) this.#tools.recorder.event(object, "Normal", "Waiting", waiting);
    entry.waitsFor = waiting;
    return { state: "Waiting", message: detail ?? waiting };
  }

  async #write(
    object: K8sResource,
    engine: Engine,
    obstacle?: Obstacle,
    dependencies?: Verdict,
  ): Promise<void> {
    const { observation, seen } = engine;
    await this.#tools.client.setStatus(
      K8sResource,
      object,
      statusOf(object, { observation, obstacle, dependencies }),
    );
    engine.wrote(seen);
  }
}

function nameIn(key: string): NamespacedName {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
