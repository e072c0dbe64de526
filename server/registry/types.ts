import type { Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import type { DeleteOptions, ListOptions, PatchType, WriteOptions } from "../../apis/transport.ts";
import type { Stored } from "../storage/index.ts";
import type { Lifetime } from "./lifetime.ts";

/** Answers which kinds are served. Asked on every request, so that kinds may come and go while it runs. */
export interface Kinds {
  find(group: string, version: string, plural: string): Kind | undefined;
  all(): readonly Kind[];
  /** Of a kind that was found here; none for one that lasts as long as the server. */
  lifetimeOf?(kind: Kind): Lifetime | undefined;
}

/** Names one object of a kind; `namespace` is empty for a cluster-scoped one. */
export interface Target {
  kind: Kind;
  namespace: string;
  name: string;
}

/** A collection of a kind; an absent namespace means all of them. */
export interface Collection {
  kind: Kind;
  namespace?: string;
}

export interface RequestOptions extends WriteOptions {
  /** `status`, or absent for the object itself. */
  subresource?: string;
  /** Fields that the text of the body gave twice, as `spec.argv`. Only a decoder of text can know. */
  duplicateFields?: string[];
}

/** What a write left behind. A dry run has no revision, so `bytes` and not a `Stored`. */
export interface Written {
  readonly object: KubeObject;
  readonly bytes: Buffer;
  /** The object did not exist before. */
  readonly created: boolean;
  /** For `Warning` headers. */
  readonly warnings: readonly string[];
}

export interface Listed {
  readonly items: readonly Stored[];
  readonly revision: number;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface Deleted {
  readonly object: KubeObject;
  readonly bytes: Buffer;
  /** False while finalizers hold it. */
  readonly gone: boolean;
}

/** What a list would have shown, and what became of it. */
export interface DeletedCollection extends Omit<Listed, "items"> {
  readonly items: readonly Deleted[];
}

/**
 * What each verb does to the store, whoever asks. Every method throws `StatusError` for a request that cannot be
 * done; query options have been parsed, their values are checked here.
 */
export interface Registry {
  readonly kinds: Kinds;
  get(target: Target): Stored;
  list(collection: Collection, options: ListOptions): Listed;
  create(collection: Collection, body: unknown, options: RequestOptions): Promise<Written>;
  update(target: Target, body: unknown, options: RequestOptions): Promise<Written>;
  patch(target: Target, patch: { type: PatchType; body: unknown }, options: RequestOptions): Promise<Written>;
  delete(target: Target, options: DeleteOptions): Promise<Deleted>;
  deleteCollection(collection: Collection, options: DeleteOptions & ListOptions): Promise<DeletedCollection>;
}
