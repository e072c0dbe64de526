import type { KubeObject } from "../../apis/meta.ts";
import type { Append } from "./log.ts";
import { idOf, storedOf, type LogRecord, type Operation } from "./record.ts";
import type { Change, ObjectKey, StoreEvent } from "./types.ts";

const OPERATIONS = { ADDED: "create", MODIFIED: "update", DELETED: "delete" } as const;
const TYPES = { create: "ADDED", update: "MODIFIED", delete: "DELETED" } as const;

export const typeOf = (operation: Operation): StoreEvent["type"] => TYPES[operation];

/** Writes that are decided, and become durable together or not at all. */
export class Batch {
  readonly #events: StoreEvent[] = [];
  readonly #newest = new Map<string, StoreEvent>();
  readonly #timeMs: number;
  #live: number;
  #freesSpace = true;
  /** Resolves once the batch is durable; rejects if it never will be. */
  readonly durable: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  /** `live`: objects that exist before it. */
  constructor(timeMs: number, live: number) {
    this.#timeMs = timeMs;
    this.#live = live;
    this.durable = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.durable.catch(() => undefined); // nobody waits for a batch whose only write was refused
  }

  get events(): readonly StoreEvent[] {
    return this.#events;
  }

  /** Objects that exist after it. */
  get live(): number {
    return this.#live;
  }

  /** Whether every write helps to end an object, and so must work on a full disk. */
  get freesSpace(): boolean {
    return this.#freesSpace;
  }

  /** What this batch last did to the object. */
  newest(key: ObjectKey): StoreEvent | undefined {
    return this.#newest.get(idOf(key));
  }

  add(event: StoreEvent, freesSpace: boolean): void {
    this.#events.push(event);
    this.#newest.set(idOf(event.stored.key), event);
    if (event.type === "ADDED") this.#live += 1;
    if (event.type === "DELETED") this.#live -= 1;
    this.#freesSpace &&= freesSpace;
  }

  appends(): Append[] {
    return this.#events.map((event) => ({
      record: this.#recordOf(event),
      supersedes: event.previous?.revision,
    }));
  }

  #recordOf({ stored, type }: StoreEvent): LogRecord {
    return { stored, operation: OPERATIONS[type], timeMs: this.#timeMs };
  }

  resolve(): void {
    this.#resolve();
  }

  reject(error: unknown): void {
    this.#reject(error);
  }
}

/** What is known when a change is decided. */
export interface Decided {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly previous: StoreEvent["previous"];
}

/** The event that carries out a decision. */
export function eventOf(change: Exclude<Change, "unchanged">, decided: Decided): StoreEvent {
  const { key, revision, previous } = decided;
  if ("put" in change) {
    const stored = storedOf(revision, key, change.put);
    return previous ? { type: "MODIFIED", revision, stored, previous } : { type: "ADDED", revision, stored };
  }
  if (!previous) throw new TypeError(`${key.plural} "${key.name}" is not there and cannot be removed`);
  return { type: "DELETED", revision, stored: storedOf(revision, key, change.remove), previous };
}

/** A removal, or a step towards one: what a finalizer does to an object that is being deleted. */
export const freesSpace = (change: Exclude<Change, "unchanged">): boolean =>
  "remove" in change || isDying(change.put);

const isDying = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;
