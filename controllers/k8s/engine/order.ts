import type { Cause, K8sResource } from "../../../apis/v1alpha1/index.ts";
import type { BuiltImage, Owner } from "../manifests/index.ts";

/** What an engine is told to bring about. */
export interface Order {
  readonly owner: Owner;
  readonly spec: K8sResource["spec"];
  /** Directory against which relative paths are resolved. */
  readonly home: string;
  readonly images: readonly BuiltImage[];
  /** The newest event of the watch over the files: they may have changed. */
  readonly files?: Cause | undefined;
  /** Since when the files are watched: what was written before is seen by reading them. */
  readonly watchedSince?: string | undefined;
  /** Somebody asks for one more apply, even of the same. */
  readonly ask?: Ask | undefined;
  /** The newest event that was seen; what is applied takes it in. */
  readonly eventTime?: string | undefined;
}

export interface Ask {
  readonly cause: Cause;
  /** Value of the trigger annotation. */
  readonly trigger?: string | undefined;
  /** Of the event of a FileWatch. */
  readonly eventTime?: string | undefined;
}

export const isSameOrder = (a: Order | undefined, b: Order): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
