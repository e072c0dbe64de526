import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { Event } from "../../apis/core/index.ts";
import { isReason, StatusError } from "../../apis/errors.ts";
import type { ObjectMeta } from "../../apis/meta.ts";
import {
  Backoff,
  silentLog,
  sleep,
  systemClock,
  type Client,
  type Clock,
  type Log,
  type ObjectInput,
} from "../../client/index.ts";
import { now, nowMicro } from "./conditions.ts";
import { RateLimit } from "./ratelimit.ts";

export type EventType = "Normal" | "Warning";

export interface EventOptions {
  /** What was done about it, where the reason does not say it. */
  action?: string;
  annotations?: Record<string, string>;
}

/** What controllers ask of a recorder. */
export interface Recorder {
  // oxlint-disable-next-line eslint/max-params -- as in client-go, so that it reads like every other controller
  event(object: Subject, type: EventType, reason: string, message: string, options?: EventOptions): void;
}

/** Whom an event is about: any object as it was read. */
export interface Subject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface RecorderOptions {
  client: Client;
  /** Who says so, such as `localprocess-controller`. */
  component: string;
  clock?: Clock;
  log?: Log;
  /** Events that may wait to be written; beyond it the oldest is dropped. */
  capacity?: number;
  /** An object may say this many at once, and then this many per second. */
  burst?: number;
  perSecond?: number;
  /** How long an event waits for others to be written with it. */
  delayMs?: number;
}

interface Entry {
  subject: Subject;
  type: EventType;
  reason: string;
  message: string;
  options: EventOptions;
  /** How often it happened since it was last written. */
  count: number;
  firstMs: number;
  lastMs: number;
}

interface Written {
  namespace: string;
  name: string;
  count: number;
}

const REMEMBERED = 4_096;
const ATTEMPTS = 5;
/** Events come with the very work that somebody waits for: a process that starts needs the processor more than they. */
const DELAY_MS = 100;

/**
 * Writes Events about objects, beside the work that they tell of: nothing waits for it and nothing fails by it.
 *
 * The same about the same object is one Event whose count grows.
 */
export class EventRecorder implements Recorder {
  readonly #options: RecorderOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limit: RateLimit;
  /** By key, in the order in which they came. */
  readonly #waiting = new Map<string, Entry>();
  readonly #written = new Map<string, Written>();
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  /** Aborted when what waits is to be written at once. */
  #patience = new AbortController();
  #dropped = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
    const { burst = 50, perSecond = 5 } = options;
    this.#limit = new RateLimit({ burst, perSecond, clock: this.#clock });
  }

  /** How many were not written, for whatever reason. */
  get dropped(): number {
    return this.#dropped;
  }

  // oxlint-disable-next-line eslint/max-params -- see Recorder
  event(
    subject: Subject,
    type: EventType,
    reason: string,
    message: string,
    options: EventOptions = {},
  ): void {
    if (this.#abort.signal.aborted) return;
    const key = JSON.stringify([subject.metadata.uid ?? subject.metadata.name, type, reason, message]);
    const nowMs = this.#clock.now();
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.count++;
      waiting.lastMs = nowMs;
      return;
    }
    if (!this.#limit.take(subject.metadata.uid ?? subject.metadata.name)) return this.#drop();
    this.#waiting.set(key, {
      subject,
      type,
      reason,
      message,
      options,
      count: 1,
      firstMs: nowMs,
      lastMs: nowMs,
    });
    if (this.#waiting.size > (this.#options.capacity ?? 1_000)) this.#dropOldest();
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    while (this.#running) {
      this.#patience.abort();
      await this.#running;
    }
  }

  /** Takes no more; gives what waits `graceMs` to be written. */
  async stop(graceMs = 1_000): Promise<void> {
    const cancel = this.#clock.after(graceMs, () => this.#abort.abort());
    await this.flush();
    cancel();
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    this.#patience = new AbortController();
    await sleep(this.#clock, this.#options.delayMs ?? DELAY_MS, this.#patience.signal);
    const entries = [...this.#waiting];
    this.#waiting.clear();
    // All in one turn: they share one commit.
    if (!this.#abort.signal.aborted)
      await Promise.all(entries.map(([key, entry]) => this.#write(key, entry)));
    this.#running = undefined;
    if (this.#waiting.size > 0 && !this.#abort.signal.aborted) this.#running = this.#run();
  }

  async #write(key: string, entry: Entry): Promise<void> {
    const backoff = new Backoff({ initialMs: 100, maxMs: 5_000 });
    for (let attempt = 1; attempt <= ATTEMPTS && !this.#abort.signal.aborted; attempt++) {
      try {
        const written = (await this.#bump(key, entry)) ?? (await this.#create(entry));
        return this.#remember(key, written);
      } catch (error) {
        const { reason } = entry;
        if (attempt === ATTEMPTS || isFinal(error)) this.#log.debug({ reason, error }, "event not written");
        if (isFinal(error)) break;
      }
      await sleep(this.#clock, backoff.nextMs(), this.#abort.signal);
    }
    this.#drop();
  }

  /** Raises the count of the Event that says the same, if there still is one. */
  async #bump(key: string, { count, lastMs }: Entry): Promise<Written | undefined> {
    const before = this.#written.get(key);
    if (!before) return undefined;
    const total = before.count + count;
    const lastTimestamp = now(at(lastMs));
    try {
      await this.#options.client.patch(Event, before, { count: total, lastTimestamp });
      return { ...before, count: total };
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
      this.#written.delete(key);
      return undefined;
    }
  }

  async #create(entry: Entry): Promise<Written> {
    const input = this.#eventOf(entry);
    const { metadata } = await this.#options.client.createObject(Event, input);
    return { namespace: metadata.namespace ?? "", name: metadata.name, count: entry.count };
  }

  #eventOf({
    subject,
    options,
    type,
    reason,
    message,
    count,
    firstMs,
    lastMs,
  }: Entry): ObjectInput<typeof Event> {
    const { component } = this.#options;
    const { name, namespace, uid, resourceVersion } = subject.metadata;
    const { apiVersion, kind } = subject;
    return {
      metadata: {
        // As client-go: the object's name and something unique.
        name: `${name.slice(0, 230)}.${randomBytes(8).toString("hex")}`,
        namespace: namespace || "default",
        ...(options.annotations && { annotations: options.annotations }),
      },
      involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
      type,
      reason,
      message: shortened(message),
      source: { component },
      reportingComponent: component,
      reportingInstance: hostname() || component,
      action: options.action ?? reason,
      firstTimestamp: now(at(firstMs)),
      lastTimestamp: now(at(lastMs)),
      eventTime: nowMicro(at(firstMs)),
      count,
    };
  }

  #remember(key: string, written: Written): void {
    this.#written.delete(key);
    this.#written.set(key, written);
    const [oldest] = this.#written.keys();
    if (this.#written.size > REMEMBERED && oldest !== undefined) this.#written.delete(oldest);
  }

  #dropOldest(): void {
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
    this.#drop();
  }

  #drop(): void {
    this.#dropped++;
  }
}

const LONGEST_MESSAGE_BYTES = 1_024;

/** Longer ones are refused. A character that is cut through goes. */
const shortened = (message: string): string =>
  Buffer.byteLength(message) <= LONGEST_MESSAGE_BYTES
    ? message
    : Buffer.from(message)
        .subarray(0, LONGEST_MESSAGE_BYTES)
        .toString()
        .replace(/\ufffd$/, "");

/** A refusal: the namespace is going away, or the Event is not one. */
const isFinal = (error: unknown): boolean =>
  error instanceof StatusError && error.code < 500 && error.code !== 429 && error.code !== 409;

const at = (timeMs: number): Clock => ({ ...systemClock, now: () => timeMs });
