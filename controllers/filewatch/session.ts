import { randomInt } from "node:crypto";
import type { KubeObject } from "../../apis/meta.ts";
import { TRIGGER_ANNOTATION } from "../../apis/meta.ts";
import type { Batch } from "./engine/handover.ts";
import { type Loop, LoopDetector, type LoopEvent, type LoopRun } from "./engine/loop-detector.ts";
import type { GitSign } from "./engine/git-lock.ts";
import type { WayOfWatching } from "./engine/open-watcher.ts";
import { openMonitor, type ChooseWatcher, type Monitor, type MonitorSpec } from "./engine/monitor.ts";
import { newTraceparent } from "../runtime/index.ts";
import { nextMicroTime } from "./trace.ts";

/** Files that changed together, on their way into the status. */
export interface PendingEvent extends LoopEvent {
  readonly time: string;
}

/** Why nothing is reported at the moment. */
export interface Suspension extends Loop {
  readonly looping: readonly string[];
  readonly generation: number | undefined;
  readonly trigger: string | undefined;
  /** What has changed meanwhile. */
  readonly files: Set<string>;
}

type Watched = Pick<KubeObject, "metadata">;

export interface SessionOptions {
  wake(): void;
  error(error: unknown): void;
  readonly chooseWatcher?: ChooseWatcher;
}

/** How long an event is held when it looks like a loop: nobody can guess it. */
const HOLD_MS = [600, 1100] as const;
const RECOVERY_MS = 1000;
const MAX_REMEMBERED_FILES = 10_000;

/** The watching that belongs to one FileWatch object, from its first reconcile to its end. */
export class WatchSession {
  readonly #options: SessionOptions;
  readonly #detector = new LoopDetector();
  #monitor: Monitor | undefined;
  #spec = "";
  #pending: PendingEvent[] = [];
  #held: { event: PendingEvent; timer: NodeJS.Timeout } | undefined;
  #recovery: NodeJS.Timeout | undefined;
  #closed = false;
  monitorStartTime: string | undefined;
  suspension: Suspension | undefined;
  /** What went wrong with the watching, until it works again. */
  problem: unknown;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Watches what the spec says from now on. Answers whether that was anything new. */
  async watch(spec: MonitorSpec): Promise<boolean> {
    const text = JSON.stringify(spec);
    if (this.#monitor && text === this.#spec) return false;
    if (this.#monitor) await this.#monitor.update(spec);
    else this.#monitor = await this.#open(spec);
    this.#spec = text;
    this.monitorStartTime = nextMicroTime(Date.now());
    if (this.#closed) this.close();
    return true;
  }

  get fileCount(): number {
    return this.#monitor?.fileCount ?? 0;
  }

  get missing(): string[] {
    return this.#monitor?.missing ?? [];
  }

  get limited(): string | undefined {
    return this.#monitor?.limited;
  }

  get way(): WayOfWatching | undefined {
    return this.#monitor?.way;
  }

  get git(): GitSign | undefined {
    return this.#monitor?.git;
  }

  /** What has been seen and is not yet in the status. */
  get pending(): readonly PendingEvent[] {
    return this.#pending;
  }

  /** These are in the status now. */
  reported(events: readonly PendingEvent[]): void {
    this.#pending = this.#pending.filter((event) => !events.includes(event));
  }

  /** Reports what changed since then, while nobody watched. */
  async catchUp(sinceMs: number): Promise<void> {
    const files = (await this.#monitor?.changedSince(sinceMs)) ?? [];
    if (files.length > 0) this.#batch({ time: new Date(), files, modifiedMs: 0 });
  }

  /** Whether who uses the watch, and what runs for it, matters for judging this event. */
  isRepeat(event: PendingEvent): boolean {
    return this.#detector.isRepeat(event);
  }

  /** Whether an event has to be judged before it is reported. */
  get isSuspicious(): boolean {
    return this.#detector.isSuspicious;
  }

  /** Holds the event back if it may be part of a loop, and suspends the watch if it is. */
  judge(event: PendingEvent, runs: readonly LoopRun[], { metadata }: Watched): void {
    this.#judged.add(event);
    const verdict = this.#detector.judge(event, runs);
    if (verdict === "hold") this.#hold(event);
    if (verdict === "loop") this.#suspend(event, metadata);
  }

  /** Goes on after a suspension if the object asks for it. */
  resumeIfAsked({ metadata }: Watched): void {
    const { suspension } = this;
    if (
      !suspension ||
      (suspension.generation === metadata.generation && suspension.trigger === triggerOf(metadata))
    )
      return;
    this.suspension = undefined;
    this.#detector.reset();
    const files = [...suspension.files].toSorted();
    if (files.length > 0) this.#batch({ time: new Date(), files, modifiedMs: 0 });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#held?.timer);
    clearTimeout(this.#recovery);
    this.#monitor?.close();
  }

  #open(spec: MonitorSpec): Promise<Monitor> {
    const events = {
      batch: (batch: Batch) => this.#batch(batch),
      error: (error: unknown) => this.#fail(error),
      noticed: () => this.#options.wake(),
    };
    return openMonitor(spec, events, this.#options.chooseWatcher);
  }

  #batch({ time, files, modifiedMs }: Batch): void {
    if (this.#closed) return;
    if (this.suspension) return this.#remember(files);
    if (this.#held) this.#release();
    const timeMs = time.getTime();
    const event = { timeMs, time: nextMicroTime(timeMs), files, modifiedMs, traceparent: newTraceparent() };
    this.#pending.push(event);
    this.#options.wake();
  }

  #remember(files: readonly string[]): void {
    for (const file of files)
      if (this.suspension!.files.size < MAX_REMEMBERED_FILES) this.suspension!.files.add(file);
  }

  #hold(event: PendingEvent): void {
    this.reported([event]);
    const timer = setTimeout(
      () => {
        this.#held = undefined;
        this.#passOn(event);
      },
      randomInt(...HOLD_MS),
    );
    this.#held = { event, timer };
  }

  /** Something changed while an event was held, though nothing had been started: no loop. */
  #release(): void {
    const { event, timer } = this.#held!;
    clearTimeout(timer);
    this.#held = undefined;
    this.#detector.acquit(Date.now());
    this.#passOn(event);
  }

  #passOn(event: PendingEvent): void {
    const timeMs = Date.now();
    const late = { ...event, timeMs, time: nextMicroTime(timeMs) };
    this.#detector.released(late);
    this.#judged.add(late);
    this.#pending.push(late);
    this.#options.wake();
  }

  readonly #judged = new WeakSet<PendingEvent>();

  /** Whether this event has been judged before, and has to pass now. */
  isJudged(event: PendingEvent): boolean {
    return this.#judged.has(event);
  }

  #suspend(event: PendingEvent, metadata: Watched["metadata"]): void {
    const files = new Set(this.#pending.flatMap((one) => one.files));
    this.#pending = [];
    const { generation } = metadata;
    this.suspension = {
      ...this.#detector.loop,
      looping: event.files,
      generation,
      trigger: triggerOf(metadata),
      files,
    };
  }

  /** The watching puts itself right; that it did is known once everything has been looked at. */
  #fail(error: unknown): void {
    if (this.#closed) return;
    this.problem = error;
    this.#options.error(error);
    this.#options.wake();
    clearTimeout(this.#recovery);
    this.#recovery = setTimeout(() => void this.#recover(), RECOVERY_MS);
  }

  async #recover(): Promise<void> {
    const before = this.problem;
    await this.#monitor?.rescan();
    if (this.problem !== before || this.#closed) return;
    this.problem = undefined;
    this.#options.wake();
  }
}

const triggerOf = (metadata: Watched["metadata"]): string | undefined =>
  metadata.annotations?.[TRIGGER_ANNOTATION];
