import type { KubeObject } from "../../apis/meta.ts";
import type { DriverName } from "./driver.ts";

/** Names one object. `group` is empty for the core group, `namespace` for a cluster-scoped object. */
export interface ObjectKey {
  readonly group: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

/** One state of one object, as it is in the log. Shared by all readers: nobody may change it. */
export interface Stored {
  /** The row of the log, which is also the object's `metadata.resourceVersion`. */
  readonly revision: number;
  readonly key: ObjectKey;
  /** Deeply frozen; `metadata.resourceVersion` included. Parsed from `bytes` when first asked for. */
  readonly object: KubeObject;
  /** Compact JSON of the object, made once, when it was written. */
  readonly bytes: Buffer;
}

/** One row of the log, as a watch tells it. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** The new state. For DELETED: the last state, carrying the deletion's own revision. */
  readonly stored: Stored;
  /** The state before. Absent for ADDED. */
  readonly previous?: Stored;
}

/** A collection; without `namespace`, in all namespaces. */
export interface Scope {
  readonly group: string;
  readonly plural: string;
  readonly namespace?: string;
}

/** What a write decides: a new state, the end of the object (its last state is kept in the log), or nothing. */
export type Change = { put: KubeObject } | { remove: KubeObject } | "unchanged";

/** The newest state of another object, which like the own one need not be durable yet. */
export type Peek = (key: ObjectKey) => KubeObject | undefined;

/** Decides a write against the newest state. Called once, at once; what it throws refuses the write. It may not write. */
export type Decide = (current: KubeObject | undefined, peek: Peek) => Change;

export interface Changes {
  readonly events: StoreEvent[];
  /** Revision up to which the answer is complete; the store's own when nothing more is there. */
  readonly through: number;
}

/** How much of the past is kept: what is younger than `minAgeMs` or among the newest `minCount`, at most `maxCount`. */
export interface HistoryPolicy {
  readonly minAgeMs: number;
  readonly minCount: number;
  readonly maxCount: number;
}

/** Where log lines go: a constant message with fields, as pino takes them. */
export interface StoreLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface StoreOptions {
  /** Created, with mode 0700, if it is not there. One directory is one store. */
  directory: string;
  history?: Partial<HistoryPolicy>;
  /**
   * The disk can no longer be trusted, and nothing is acknowledged any more. End the process, with exit code 74,
   * without closing the store: the next start finds what is durable.
   */
  onFatal(error: Error): void;
  log?: StoreLog;
  /** Wall clock in milliseconds. */
  now?: () => number;
  /** For tests; by default the best that this Node has. */
  driver?: DriverName;
}

/** How compaction fares, for health checks and metrics. */
export interface CompactionStatus {
  /** Wall clock of the last run that succeeded, in this process. */
  readonly lastSuccessMs: number | undefined;
  /** Runs that failed since. */
  readonly failures: number;
}
