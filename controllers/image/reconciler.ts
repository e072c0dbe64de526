import { TRIGGER_ANNOTATION, type KubeObject, type NamespacedName } from "../../apis/meta.ts";
import { type Cause, FileWatch } from "../../apis/v1alpha1/index.ts";
import { type AnyKind, type Client, keyOf } from "../../client/index.ts";
import {
  type BuildSlots,
  evaluateDependencies,
  evaluateImages,
  type ImagesVerdict,
  isBeingDeleted,
  logDirectoryIn,
  logDirectoryOf,
  type Recorder,
  removeLogDirectory,
  type RestartOn,
  type Result,
  type Source,
  triggersOf,
  type UnmetTeller,
  type Verdict,
  withoutInputs,
} from "../runtime/index.ts";
import {
  changeOf,
  type Circumstances,
  type Due,
  dueOf,
  imagesKeyOf,
  imagesRecordOf,
  newRequest,
  watchedSince,
} from "./due.ts";
import { type Entry, entryOf } from "./entry.ts";
import { announce, announceResult } from "./events.ts";
import { ImageFailure } from "./failure.ts";
import { Job } from "./job.ts";
import { begun, failed, type Seen, statusOf, succeeded, unchanged } from "./status.ts";
import type { ImageObject, LiveStatus, Make, Order, Status } from "./work.ts";

/** What one kind of image does in its own way. */
export interface ImageKind {
  kind: AnyKind;
  make: Make;
  /** Keeps what it owns, before anything else is looked at. */
  ensureOwned(object: ImageObject, root: string): Promise<void>;
  /** The name of the FileWatch that it owns, if it owns one. */
  watchName?(name: string): string;
  forget(uid: string): Promise<void>;
  /** Ends what goes on beside any build. */
  rest?(uid: string): Promise<void>;
  /** The same, until something changes. @returns whether anything went on */
  cancel?(uid: string, why: string): boolean;
  /** What else it knows of an image by now. */
  observe?(uid: string): Observed;
}

export interface Observed {
  /** Why it must be built although nothing has changed since it was looked at. */
  needsBuild?: string | undefined;
  liveUpdate?: LiveStatus | undefined;
}

export interface Tools {
  client: Client;
  recorder: Recorder;
  unmet: UnmetTeller;
  slots: BuildSlots;
  stateDirectory: string;
  rootOf: (namespace: string) => string | Promise<string>;
  /** Of builds at once, if the namespace has one of its own. */
  limitOf: (namespace: string) => Promise<number | undefined>;
}

interface Situation {
  circumstances: Circumstances;
  images: ImagesVerdict;
  dependencies: Verdict;
}

const LOOK_AGAIN_MS = 3_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** One image at a time: begins what is due, never waits for it, and writes down what it sees. */
export class ImageReconciler implements Source {
  readonly #tools: Tools;
  readonly #kind: ImageKind;
  readonly #entries = new Map<string, Entry>();
  /** What each image listens to. */
  readonly #listeners = new Map<string, { name: NamespacedName; restartOn?: RestartOn }>();
  readonly #wakes = new Set<(request: NamespacedName) => void>();
  #isClosed = false;

  constructor(tools: Tools, kind: ImageKind) {
    this.#tools = tools;
    this.#kind = kind;
  }

  subscribe(wake: (request: NamespacedName) => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  get listeners(): Iterable<{ name: NamespacedName; restartOn?: RestartOn }> {
    return this.#listeners.values();
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Those that this concerns are looked at again; what is being made is looked at anyhow. */
  lookAgain(cause: Cause, concerns: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.#entries) {
      if (entry.job || !concerns(entry)) continue;
      entry.doubt = cause;
      const { name } = this.#listeners.get(key) ?? {};
      if (name) this.wake(name);
    }
  }

  wake(request: NamespacedName): void {
    for (const wake of this.#wakes) wake(request);
  }

  async reconcile(request: NamespacedName, object: ImageObject | undefined): Promise<Result | void> {
    if (!object || isBeingDeleted(object)) return this.#forget(request);
    const entry = await this.#entryFor(request, object);
    this.#listeners.set(keyOf(request), { name: request, restartOn: object.spec.restartOn });
    await this.#kind.ensureOwned(object, await this.#tools.rootOf(request.namespace));
    this.#settle(object, entry);
    if (object.spec.disabled) return this.#disable(object, entry);
    const situation = await this.#look(object, entry);
    this.#obey(object, entry);
    return this.#decide(object, entry, situation);
  }

  /** Ends what runs, without a word; no reconcile runs any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const jobs = [...this.#entries.values()].flatMap(({ job }) => job ?? []);
    for (const job of jobs) job.leave();
    await Promise.all(jobs.map(({ done }) => done));
  }

  async #forget(request: NamespacedName): Promise<void> {
    const key = keyOf(request);
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    this.#listeners.delete(key);
    this.#tools.unmet.forget(request);
    this.#tools.slots.release(request);
    if (!entry) return;
    entry.job?.cancel("its object is deleted");
    await entry.job?.done;
    await this.#kind.forget(entry.uid);
    await removeLogDirectory(this.#logDirectoryOf(request, entry.uid)).catch(() => undefined);
  }

  #logDirectoryOf({ namespace, name }: NamespacedName, uid: string): string {
    return logDirectoryOf(logDirectoryIn(this.#tools.stateDirectory), { namespace, name, uid });
  }

  async #entryFor(request: NamespacedName, object: ImageObject): Promise<Entry> {
    const known = this.#entries.get(keyOf(request));
    if (known && known.uid === object.metadata.uid) return known;
    await this.#forget(request);
    const entry = entryOf(object);
    this.#entries.set(keyOf(request), entry);
    return entry;
  }

  async #look(object: ImageObject, entry: Entry): Promise<Situation> {
    const { client } = this.#tools;
    const { namespace = "", name } = object.metadata;
    const ownName = this.#kind.watchName?.(name);
    const [dependencies, images, otherWatches, own] = await Promise.all([
      evaluateDependencies(client, object, entry.status.startTime),
      evaluateImages(client, object),
      triggersOf(client, namespace, object.spec.restartOn),
      ownName === undefined ? undefined : client.get(FileWatch, { namespace, name: ownName }),
    ]);
    const ownWatches = own ? [own] : [];
    const nowMs = Date.now();
    const { needsBuild } = this.#kind.observe?.(entry.uid) ?? {};
    const circumstances = {
      entry,
      ownWatches,
      otherWatches,
      images: images.ready,
      dependencies,
      needsBuild,
      nowMs,
    };
    return { circumstances, images, dependencies };
  }

  /** Takes in what the job has come to. */
  #settle(object: ImageObject, entry: Entry): void {
    const { job } = entry;
    if (!job) return;
    if (job.startTime !== undefined && entry.status.startTime !== job.startTime) {
      entry.status = { ...begun(entry.status, job), images: imagesRecordOf(job.images) };
    }
    if (!job.result) return job.nudge();
    entry.job = undefined;
    this.#tools.slots.release(nameOf(object));
    const isSameFailure = "failure" in job.result && job.result.failure === entry.failure;
    if ("failure" in job.result) this.#fail(entry, job, job.result.failure);
    else {
      const { made, isUnchanged } = job.result.outcome;
      entry.status = isUnchanged
        ? unchanged(entry.status, job, made.inputs)
        : succeeded(entry.status, job, made);
      Object.assign(entry, { failure: undefined, made: undefined, attempts: 0, retryAtMs: undefined });
    }
    if (!isSameFailure) announceResult(this.#tools.recorder, object, { job, status: entry.status });
  }

  #fail(entry: Entry, job: Job, failure: NonNullable<Entry["failure"]>): void {
    entry.status = failed(entry.status, job, failure);
    entry.failure = failure;
    entry.tried = job.tried ?? entry.tried;
    entry.made = job.made ?? entry.made;
    entry.retryAtMs = undefined;
    if (!failure.isTransient) return void (entry.attempts = 0);
    entry.retryAtMs = Date.now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** entry.attempts);
    entry.attempts++;
  }

  /** A stop and a cancel; a request for a build waits until what runs is over. */
  #obey(object: ImageObject, entry: Entry): void {
    const request = newRequest(object, entry.status);
    if (request?.type !== "Stop" && request?.type !== "Cancel") return;
    entry.status = { ...entry.status, ...observedTrigger(object) };
    if (request.type === "Stop") entry.status = { ...entry.status, stopped: withoutInputs(request) };
    entry.retryAtMs = undefined;
    const why = request.type === "Stop" ? "canceled: stopped by hand" : "canceled by hand";
    if (entry.job) return entry.job.cancel(why);
    if (this.#kind.cancel?.(entry.uid, why)) {
      entry.failure = new ImageFailure({ reason: "Canceled", message: why });
      entry.status = { ...entry.status, error: why };
    } else if (request.type === "Cancel")
      this.#tools.recorder.event(object, "Normal", "CancelIgnored", "no build runs");
  }

  async #decide(object: ImageObject, entry: Entry, situation: Situation): Promise<Result | void> {
    const { circumstances, images, dependencies } = situation;
    const due = entry.job ? undefined : dueOf(object, circumstances);
    const isAutomatic = object.spec.triggerMode === "Auto" && !entry.status.stopped;
    const obstacle = entry.job
      ? undefined
      : ((due || isAutomatic ? images.waiting : undefined) ??
        (due ? (dependencies.detail ?? dependencies.waiting) : undefined));
    if (due && obstacle === undefined) await this.#begin(object, entry, { due, circumstances });
    const pending =
      entry.job || due || isAutomatic ? undefined : changeOf(object, circumstances)?.cause.message;
    const told = obstacle === undefined ? { cycle: dependencies.cycle } : dependencies;
    await this.#write(object, entry, { dependencies: told, obstacle, pending });
    return {
      requeueAfterMs: this.#lookAfter(object, entry, obstacle === undefined ? undefined : dependencies),
    };
  }

  #lookAfter(
    object: ImageObject,
    { retryAtMs, job }: Entry,
    waitsFor: Verdict | undefined,
  ): number | undefined {
    const unmetMs = this.#tools.unmet.note(object, waitsFor?.unmet);
    if (waitsFor) return unmetMs ?? LOOK_AGAIN_MS;
    return retryAtMs === undefined || job ? undefined : Math.max(10, retryAtMs - Date.now());
  }

  async #begin(
    object: ImageObject,
    entry: Entry,
    { due, circumstances }: { due: Due; circumstances: Circumstances },
  ): Promise<void> {
    if (this.#isClosed) return;
    const request = nameOf(object);
    const { slots, limitOf, rootOf } = this.#tools;
    const [root, limit] = await Promise.all([rootOf(request.namespace), limitOf(request.namespace)]);
    const { images } = circumstances;
    const { stopped: _, ...status } = { ...entry.status, ...observedTrigger(object) };
    entry.status = status;
    entry.looked = {
      generation: object.metadata.generation,
      images: imagesKeyOf(images),
      watched: watchedSince(circumstances),
    };
    entry.seenEvents = newestOf(circumstances) ?? entry.seenEvents;
    entry.retryAtMs = undefined;
    entry.isInterrupted = false;
    entry.doubt = undefined;
    entry.job = new Job({
      make: this.#kind.make,
      order: { object, ...due, images, root, before: beforeOf(entry), refused: refusedOf(entry, due) },
      run: (status.run ?? 0) + 1,
      logDirectory: this.#logDirectoryOf(request, entry.uid),
      acquire: () => slots.acquire(request, { parallel: true, ...(limit !== undefined && { limit }) }),
      onChange: () => this.wake(request),
    });
  }

  async #disable(object: ImageObject, entry: Entry): Promise<void> {
    entry.job?.cancel("canceled: it was disabled");
    // A job that is on its way out does not begin anything there.
    if (!entry.job) await this.#kind.rest?.(entry.uid);
    entry.retryAtMs = undefined;
    // What was asked for meanwhile is not done later, when nobody expects it any more.
    const { stopped: _, ...status } = { ...entry.status, ...observedTrigger(object) };
    entry.status = status;
    entry.looked = undefined;
    await this.#write(object, entry, { dependencies: {} });
  }

  async #write(object: ImageObject, entry: Entry, seen: Seen): Promise<void> {
    const { liveUpdate } = this.#kind.observe?.(entry.uid) ?? {};
    const next = statusOf(object, entry, { ...seen, liveUpdate });
    announce(this.#tools.recorder, object, next);
    entry.status = next;
    await this.#tools.client.setStatus(this.#kind.kind, object, next as never);
  }
}

const nameOf = ({ metadata }: KubeObject): NamespacedName => ({
  namespace: metadata.namespace ?? "",
  name: metadata.name,
});

/** What is asked for by its annotation is taken in. */
function observedTrigger({ metadata }: ImageObject): Pick<Status, "observedTrigger"> {
  const value = metadata.annotations?.[TRIGGER_ANNOTATION];
  return value === undefined ? {} : { observedTrigger: value };
}

function newestOf({ ownWatches, otherWatches }: Circumstances): string | undefined {
  const times = [...ownWatches, ...otherWatches].flatMap(({ status }) => status?.lastEventTimestamp ?? []);
  return times.toSorted().at(-1);
}

/** What has been built, if not published, is newer than what the status tells. */
function beforeOf({ made, status: { inputs, digest, tag, refs } }: Entry): Order["before"] {
  if (made) return { ...made, refs: undefined };
  return inputs === undefined || !refs?.local
    ? undefined
    : { inputs, digest, tag, refs: { local: refs.local, cluster: refs.cluster ?? refs.local } };
}

const refusedOf = ({ tried: inputs, failure }: Entry, { isMereLook }: Due): Order["refused"] =>
  isMereLook && inputs !== undefined && failure ? { inputs, failure } : undefined;
