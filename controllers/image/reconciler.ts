import type { NamespacedName } from "../../apis/meta.ts";
import type { Cause } from "../../apis/v1alpha1/index.ts";
import { keyOf } from "../../client/index.ts";
import {
  isBeingDeleted,
  removeLogDirectory,
  type RestartOn,
  type Result,
  type Source,
  type Verdict,
} from "../runtime/index.ts";
import { begin, logsOf } from "./begin.ts";
import { dueOf, pendingOf } from "./due.ts";
import { type Entry, entryOf } from "./entry.ts";
import { announce } from "./events.ts";
import { type Case, type ImageKind, nameOf, type Tools } from "./kind.ts";
import { look, type Situation } from "./look.ts";
import { obey, observedTrigger } from "./obey.ts";
import { settle } from "./settle.ts";
import { type Seen, statusOf } from "./status.ts";
import type { ImageObject } from "./work.ts";

const LOOK_AGAIN_MS = 3_000;

/** One image at a time: begins what is due, never waits for it, and writes down what it sees. */
export class ImageReconciler implements Source {
  readonly #tools: Tools;
  readonly #kind: ImageKind;
  readonly #entries = new Map<string, Entry>();
  /** What is deleted and has not ended yet, until it has: who has its name now waits for that. */
  readonly #leaving = new Map<string, Promise<void>>();
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
    const entry = this.#entryFor(request, object);
    if (!entry) return;
    this.#listeners.set(keyOf(request), { name: request, restartOn: object.spec.restartOn });
    await this.#kind.ensureOwned(object, await this.#tools.rootOf(request.namespace));
    const now = { tools: this.#tools, kind: this.#kind, object, entry };
    settle(now);
    if (object.spec.disabled) return this.#disable(now);
    const situation = await look(now);
    obey(now);
    return this.#decide(now, situation);
  }

  /** Ends what runs, without a word; no reconcile runs any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const jobs = [...this.#entries.values()].flatMap(({ job }) => job ?? []);
    for (const job of jobs) job.leave();
    await Promise.all([...jobs.map(({ done }) => done), ...this.#leaving.values()]);
  }

  /** Does not wait for what has to end first. */
  #forget(request: NamespacedName): void {
    const key = keyOf(request);
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    this.#listeners.delete(key);
    this.#tools.unmet.forget(request);
    this.#tools.slots.release(request);
    if (!entry) return;
    entry.job?.cancel("its object is deleted");
    const isGone = this.#clear(request, entry)
      .catch(() => undefined)
      .then(() => {
        this.#leaving.delete(key);
        this.wake(request);
      });
    this.#leaving.set(key, isGone);
  }

  async #clear(request: NamespacedName, { job, uid }: Entry): Promise<void> {
    await job?.done;
    await this.#kind.forget(uid);
    await removeLogDirectory(logsOf(this.#tools.stateDirectory, request, uid));
  }

  /** @returns undefined as long as another object of this name has not ended; it is woken then. */
  #entryFor(request: NamespacedName, object: ImageObject): Entry | undefined {
    const known = this.#entries.get(keyOf(request));
    if (known && known.uid === object.metadata.uid) return known;
    this.#forget(request);
    if (this.#leaving.has(keyOf(request))) return undefined;
    const entry = entryOf(object, this.#kind.coversFiles);
    this.#entries.set(keyOf(request), entry);
    return entry;
  }

  async #decide(now: Case, situation: Situation): Promise<Result | void> {
    const { object, entry } = now;
    const { circumstances, images, dependencies } = situation;
    const due = entry.job ? undefined : dueOf(object, circumstances);
    const isAutomatic = object.spec.triggerMode === "Auto" && !entry.status.stopped;
    const obstacle = entry.job
      ? undefined
      : ((due || isAutomatic ? images.waiting : undefined) ??
        (due ? (dependencies.detail ?? dependencies.waiting) : undefined));
    const onChange = (): void => this.wake(nameOf(object));
    if (due && obstacle === undefined && !this.#isClosed) await begin(now, { due, circumstances, onChange });
    const pending = entry.job || due || isAutomatic ? undefined : pendingOf(object, circumstances);
    const told = obstacle === undefined ? { cycle: dependencies.cycle } : dependencies;
    await this.#write(now, { dependencies: told, obstacle, pending });
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

  async #disable(now: Case): Promise<void> {
    const { object, entry } = now;
    entry.job?.cancel("canceled: it was disabled");
    // A job that is on its way out does not begin anything there.
    if (!entry.job) await this.#kind.rest?.(entry.uid);
    entry.retryAtMs = undefined;
    // What was asked for meanwhile is not done later, when nobody expects it any more.
    const { stopped: _, ...status } = { ...entry.status, ...observedTrigger(object) };
    entry.status = status;
    entry.looked = undefined;
    if (this.#kind.coversFiles) entry.owed = undefined;
    await this.#write(now, { dependencies: {} });
  }

  async #write({ object, entry }: Case, seen: Seen): Promise<void> {
    const { liveUpdate } = this.#kind.observe?.(entry.uid) ?? {};
    const next = statusOf(object, entry, { ...seen, liveUpdate });
    announce(this.#tools.recorder, object, next);
    entry.status = next;
    await this.#tools.client.setStatus(this.#kind.kind, object, next as never);
  }
}
