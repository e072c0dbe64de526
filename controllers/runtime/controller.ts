import type { KubeObject, NamespacedName } from "../../apis/meta.ts";
import type { ObjectOf } from "../../apis/kind.ts";
import type { AnyKind, Client, Log } from "../../client/index.ts";

/** Wakes objects when something outside of the API has happened to them, such as the exit of a process. */
export interface Source {
  /** The answer ends the subscription. */
  subscribe(wake: (request: NamespacedName) => void): () => void;
}

export type ChangeType = "add" | "update" | "delete";

/** Objects of another kind, and whom a change of one of them concerns. */
export interface KindWatch {
  kind: AnyKind;
  requests: (object: KubeObject) => readonly NamespacedName[];
  /** All, unless given. */
  on?: readonly ChangeType[];
}

/** Types the object that `requests` gets. */
export const watchKind = <K extends AnyKind>(
  kind: K,
  requests: (object: ObjectOf<K>) => readonly NamespacedName[],
  on?: readonly ChangeType[],
): KindWatch => ({ kind, requests: requests as KindWatch["requests"], on });

export interface ReconcileContext {
  /** Aborted when the manager stops. */
  signal: AbortSignal;
  /** Carries the controller's name and the object's. */
  log: Log;
  client: Client;
  /** How often this object has failed in a row. */
  failures: number;
}

/** Look again then, even if nothing has happened. */
export interface Result {
  requeueAfterMs?: number;
}

export type Reconcile = (request: NamespacedName, context: ReconcileContext) => Promise<Result | void>;

export interface ControllerOptions {
  /** For logs and counters; the kind in lower case unless given. */
  name?: string;
  /** Every change of such an object wakes it. */
  for: AnyKind;
  /** A change of such an object wakes the one that it belongs to: its controlling owner of kind `for`. */
  owns?: readonly AnyKind[];
  watches?: readonly (KindWatch | Source)[];
  /** Which updates of an object of kind `for` wake it; all, unless given. */
  updates?: (object: KubeObject, old: KubeObject) => boolean;
  /** Objects worked on at once; one object is never worked on twice at once. */
  concurrency?: number;
  /**
   * Makes the world as the object says. It may be called at any time and any number of times, and must do no harm
   * by it. What it throws is tried again with backoff, a `TerminalError` when the object has changed.
   */
  reconcile: Reconcile;
}

export interface Controller extends ControllerOptions {
  readonly name: string;
}

export const defineController = (options: ControllerOptions): Controller => ({
  ...options,
  name: options.name ?? options.for.kind.toLowerCase(),
});

export const isSource = (watch: KindWatch | Source): watch is Source => "subscribe" in watch;

/** For `updates`: not when only the status has changed, which is mostly the echo of the controller itself. */
export const exceptStatus = (object: KubeObject, old: KubeObject): boolean =>
  object.metadata.generation !== old.metadata.generation ||
  object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
  !sameMetadata(object, old);

const sameMetadata = (a: KubeObject, b: KubeObject): boolean =>
  (["labels", "annotations", "finalizers", "ownerReferences"] as const).every(
    (field) => JSON.stringify(a.metadata[field]) === JSON.stringify(b.metadata[field]),
  );
