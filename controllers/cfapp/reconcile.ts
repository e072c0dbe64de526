import type { NamespacedName } from "../../apis/meta.ts";
import { CFAppSync } from "../../apis/v1alpha1/index.ts";
import { type Client, keyOf } from "../../client/index.ts";
import {
  evaluateDependencies,
  isBeingDeleted,
  type Recorder,
  type Result,
  type Source,
  type UnmetTeller,
  type Verdict,
  withoutInputs,
} from "../runtime/index.ts";
import { type Entry, entryOf } from "./entry.ts";
import { SyncLog } from "./log.ts";
import type { Seams } from "./engine/seams.ts";
import { type Settings, settingsOf } from "./engine/settings.ts";
import { Syncer } from "./engine/syncer.ts";
import { askForBuild, buildOf, builtSince, isBuilding } from "./inputs/builds.ts";
import { watchesOf, watchNames } from "./inputs/files.ts";
import { ensureWatches, manifestWatchNames } from "./inputs/watch.ts";
import { newRequest, type Request } from "./requests.ts";
import { isSamePlace, sharersOf } from "./sharing.ts";
import { type Obstacle, statusOf } from "./status/status.ts";

export interface Tools {
  client: Client;
  recorder: Recorder;
  seams: Seams;
  unmet: UnmetTeller;
  /** Logs lie here. */
  stateDirectory: string;
  rootOf: (namespace: string) => string | Promise<string>;
}

const LOOK_AGAIN_MS = 3_000;

/** One CFAppSync at a time: gives orders to its engine, never waits for them, and writes down what it sees. */
export class Reconciler implements Source {
  readonly #tools: Tools;
  readonly #entries = new Map<string, Entry>();
  readonly #wakes = new Set<(request: NamespacedName) => void>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Wakes an object when its engine has news. */
  subscribe(wake: (request: NamespacedName) => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  /** Those that listen to a FileWatch or a LocalResource. */
  listenersOf(
    kind: string,
    { namespace = "", name }: { namespace?: string; name: string },
  ): NamespacedName[] {
    return [...this.#entries]
      .filter(([key, { listensTo }]) => key.startsWith(`${namespace}/`) && listensTo.has(`${kind}/${name}`))
      .map(([key]) => ({ namespace, name: key.slice(namespace.length + 1) }));
  }

  namesIn(namespace: string): NamespacedName[] {
    return [...this.#entries.keys()]
      .filter((key) => key.startsWith(`${namespace}/`))
      .map((key) => ({ namespace, name: key.slice(namespace.length + 1) }));
  }

  async reconcile(request: NamespacedName, object: CFAppSync | undefined): Promise<Result | void> {
    if (!object || isBeingDeleted(object)) return this.#forget(request);
    const home = await this.#tools.rootOf(request.namespace);
    const entry = this.#entryFor(request, object, home);
    entry.listensTo = new Set(listenedTo(object));
    await ensureWatches(this.#tools.client, object);
    if (object.spec.disabled) return this.#disable(object, entry);
    return this.#keep(object, entry, home);
  }

  /** Ends everything; no reconcile runs any more. */
  async close(): Promise<void> {
    const all = [...this.#entries.values()];
    await Promise.all(all.map(({ syncer }) => syncer.close()));
    await Promise.all(all.map(({ log }) => log.close()));
    this.#entries.clear();
  }

  #forget(request: NamespacedName): void {
    const entry = this.#entries.get(keyOf(request));
    if (entry) this.#runs(entry, undefined);
    this.#entries.delete(keyOf(request));
    this.#tools.unmet.forget(request);
    void entry?.syncer.close().then(() => entry.log.remove());
  }

  #entryFor(request: NamespacedName, object: CFAppSync, home: string): Entry {
    const known = this.#entries.get(keyOf(request));
    if (known && known.uid === object.metadata.uid) return known;
    this.#forget(request);
    const { recorder, seams, stateDirectory } = this.#tools;
    const { namespace, name } = request;
    const log = new SyncLog(stateDirectory, { namespace, name, uid: object.metadata.uid ?? "" });
    const syncer = new Syncer(object, {
      settings: settingsOf(object.spec, home),
      seams,
      tell: (type, reason, message) => recorder.event(object, type, reason, message),
      journal: log,
      onSeen: () => this.#wakes.forEach((wake) => wake(request)),
    });
    const entry = entryOf(object, { syncer, log });
    this.#entries.set(keyOf(request), entry);
    return entry;
  }

  /** The status of a disabled object is left alone, once it says so. */
  async #disable(object: CFAppSync, entry: Entry): Promise<void> {
    entry.syncer.stop({ isToKeep: object.spec.persist === "OnStop" });
    entry.stopped = undefined;
    this.#runs(entry, undefined);
    entry.trigger = object.metadata.annotations?.["tiltish.dev/trigger"] ?? entry.trigger;
    const { generation } = object.metadata;
    if (entry.toldDisabled === generation || entry.syncer.isRunning) return;
    entry.toldDisabled = generation;
    await this.#write(object, entry, { state: "Disabled", message: "spec.disabled is set" });
  }

  async #keep(object: CFAppSync, entry: Entry, home: string): Promise<Result | void> {
    const { client, unmet } = this.#tools;
    const settings = settingsOf(object.spec, home);
    entry.toldDisabled = undefined;
    const [dependencies] = await Promise.all([
      evaluateDependencies(client, object, entry.dependencyTime),
      this.#takeInputs(object, entry, { settings, home }),
    ]);
    this.#obey(object, entry);
    const obstacle = this.#obstacleOf(object, entry, dependencies);
    if (!obstacle) this.#run(object, entry, { settings, dependencies });
    const told = obstacle?.state === "Waiting" ? dependencies : { cycle: dependencies.cycle };
    await this.#write(object, entry, obstacle, told);
    if (obstacle?.state !== "Waiting") return void unmet.note(object, undefined);
    return { requeueAfterMs: unmet.note(object, dependencies.unmet) ?? LOOK_AGAIN_MS };
  }

  #run(
    { metadata: { namespace = "", name } }: CFAppSync,
    entry: Entry,
    { settings, dependencies: { cause } }: { settings: Settings; dependencies: Verdict },
  ): void {
    entry.waitsFor = undefined;
    this.#runs(entry, settings);
    entry.syncer.configure(settings);
    entry.syncer.share(sharersOf(keyOf({ namespace, name }), this.#entries));
    if (!cause) return;
    entry.dependencyTime = cause.time;
    entry.syncer.ask({ cause });
  }

  /** Others look again whether what this one does concerns them. */
  #runs(entry: Entry, settings: Settings | undefined): void {
    const { settings: before } = entry;
    entry.settings = settings;
    const concerns = (one: Settings): boolean =>
      [before, settings].filter((each) => each && isSamePlace(each, one)).length === 1;
    for (const [key, other] of this.#entries) {
      if (other === entry || !other.settings || !concerns(other.settings)) continue;
      const [namespace, name] = key.split("/") as [string, string];
      for (const wake of this.#wakes) wake({ namespace, name });
    }
  }

  /** What runs goes on: dependencies count before it begins. */
  #obstacleOf(object: CFAppSync, entry: Entry, { waiting, detail }: Verdict): Obstacle | undefined {
    if (entry.stopped) {
      this.#runs(entry, undefined);
      entry.syncer.stop({ isToKeep: object.spec.persist === "OnStop" });
      return {
        state: "Idle",
        message: `stopped by hand; tiltish start ${object.metadata.name} goes on with it`,
      };
    }
    if (waiting === undefined || entry.syncer.isRunning) return undefined;
    if (entry.waitsFor !== waiting) this.#tools.recorder.event(object, "Normal", "Waiting", waiting);
    entry.waitsFor = waiting;
    return { state: "Waiting", message: detail ?? waiting };
  }

  async #takeInputs(
    object: CFAppSync,
    entry: Entry,
    { settings, home }: { settings: Settings; home: string },
  ): Promise<void> {
    const { client } = this.#tools;
    const [watches, manifests, resource] = await Promise.all([
      watchesOf(client, object),
      watchesOf(client, object, manifestWatchNames(object)),
      buildOf(client, object),
    ]);
    entry.syncer.hold(isBuilding(resource));
    const news = entry.events.take(watches, { home, root: settings.root });
    const isSource = object.spec.trigger.mode === "Source";
    if (news && isSource) await askForBuild(client, object, { resource, cause: news.cause });
    else if (news) entry.syncer.change(news.change);
    const manifest = entry.manifestEvents.take(manifests, { home, root: home });
    // None of the files of the app; what a deploy is made from is looked at anyhow.
    if (manifest) entry.syncer.change({ paths: [], cause: manifest.cause });
    const built = builtSince(resource, entry.buildTime);
    if (!built) return;
    entry.buildTime = built.time;
    entry.syncer.change({ paths: undefined, cause: built });
  }

  #obey(object: CFAppSync, entry: Entry): void {
    const request = newRequest(object, entry.trigger);
    if (!request) return;
    entry.trigger = request.trigger;
    const { type } = request.cause;
    if (type === "Stop") entry.stopped = withoutInputs(request.cause);
    else if (type === "Cancel") this.#cancel(object, entry);
    else this.#ask(entry, request);
  }

  #ask(entry: Entry, request: Request): void {
    entry.stopped = undefined;
    const { type } = request.cause;
    // Whatever else it is called, it asks for a sync now.
    const cause = type === "Restart" ? request.cause : { ...request.cause, type: "Trigger" as const };
    entry.syncer.ask({ cause, trigger: request.trigger });
  }

  #cancel(object: CFAppSync, entry: Entry): void {
    if (entry.syncer.cancel()) return;
    this.#tools.recorder.event(object, "Normal", "CancelIgnored", "neither a sync nor a deploy is under way");
  }

  async #write(object: CFAppSync, entry: Entry, obstacle?: Obstacle, dependencies?: Verdict): Promise<void> {
    const { syncer, stopped } = entry;
    const isSeen = object.status?.observedGeneration === object.metadata.generation;
    // What takes no time is told when it is done, and not once more before.
    if (syncer.isInBetween && isSeen && !obstacle) return;
    const observation = syncer.told();
    const status = statusOf(object, { observation, obstacle, dependencies });
    const isDone = !stopped && !wasLeftTo(entry);
    await this.#tools.client.setStatus(CFAppSync, object, {
      ...status,
      stopped,
      ...(!isDone && entry.trigger !== undefined && { observedTrigger: entry.trigger }),
    });
  }
}

/** A request that the engine has nothing to do with is done once it is taken in. */
function wasLeftTo({ trigger }: Entry): boolean {
  if (trigger === undefined || !trigger.startsWith("{")) return false;
  return trigger.includes('"type":"Cancel"') || trigger.includes('"type":"Stop"');
}

function listenedTo(object: CFAppSync): string[] {
  const { buildCmd } = object.spec.trigger;
  const watches = [...watchNames(object), ...manifestWatchNames(object)].map((name) => `FileWatch/${name}`);
  return buildCmd === undefined ? watches : [...watches, `LocalResource/${buildCmd}`];
}
