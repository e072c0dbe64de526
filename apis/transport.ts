import type { KubeList, KubeObject, NamespacedName } from "./meta.ts";

/** Which collection a request is about. `group` is empty for the core group. */
export interface ResourceRef {
  group: string;
  version: string;
  plural: string;
}

/** One object; `namespace` is empty for a cluster-scoped one. */
export interface ObjectRef extends ResourceRef, NamespacedName {}

export interface ListOptions {
  /** Empty or absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
  /** Of each object only its metadata, as a `PartialObjectMetadata`. */
  metadataOnly?: boolean;
}

/** On the bookmark that follows the present state (rule 92). */
export const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Events after this revision; absent: the present state as ADDED first. */
  resourceVersion?: string;
  allowWatchBookmarks?: boolean;
  timeoutSeconds?: number;
  /**
   * The present state first, as ADDED, then a bookmark with the annotation {@link INITIAL_EVENTS_END}. Goes with
   * `resourceVersionMatch` and `allowWatchBookmarks` only.
   */
  sendInitialEvents?: boolean;
  resourceVersionMatch?: "NotOlderThan";
  /** As of {@link ListOptions}; bookmarks stay what they are. */
  metadataOnly?: boolean;
  signal?: AbortSignal;
}

export interface WriteOptions {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: "Ignore" | "Warn" | "Strict";
  /** For an apply: take over what others own. */
  force?: boolean;
}

export interface DeleteOptions {
  dryRun?: boolean;
  gracePeriodSeconds?: number;
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
  preconditions?: { uid?: string; resourceVersion?: string };
}

export type PatchType = "merge" | "json" | "strategic" | "apply";

export type WatchEvent<T = KubeObject> =
  { type: "ADDED" | "MODIFIED" | "DELETED"; object: T } | { type: "BOOKMARK"; object: KubeObject };

/**
 * The verbs of the API, whoever carries them: HTTP, or a call inside the process.
 *
 * Objects that are handed out are shared and frozen: change a copy. Every method throws `StatusError` for a
 * request that cannot be done. `subresource` is `status` or absent.
 */
export interface Transport {
  /** A list is better asked for as a watch that begins with the present state: the state need not be held twice. */
  readonly streamsLists?: boolean;
  get(ref: ObjectRef, subresource?: string): Promise<KubeObject>;
  list(resource: ResourceRef, options?: ListOptions): Promise<KubeList>;
  create(
    ref: ResourceRef & { namespace: string },
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject>;
  update(
    ref: ObjectRef & { subresource?: string },
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject>;
  patch(
    ref: ObjectRef & { subresource?: string },
    patch: { type: PatchType; body: unknown },
    options?: WriteOptions,
  ): Promise<KubeObject>;
  /** The object as it is now while finalizers hold it, else as it was last. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<KubeObject>;
  /** Deletes what a list would answer, in one namespace or of a cluster-scoped kind; the answer is what it deleted. */
  deleteCollection(resource: ResourceRef, options?: DeleteOptions & ListOptions): Promise<KubeObject[]>;
  /** Ends when the server ends the stream; throws `Expired` when the revision is no longer kept. */
  watch(resource: ResourceRef, options?: WatchOptions): AsyncIterable<WatchEvent>;
  /** Lines of a `log` subresource, newline included. `query` as in the URL. */
  log(ref: ObjectRef, query: Record<string, string>, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}
