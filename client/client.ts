import { isDeepStrictEqual } from "node:util";
import { produce } from "immer";
import { isReason } from "../apis/errors.ts";
import type { InputOf, ObjectOf, SpecOf, StatusOf } from "../apis/kind.ts";
import type { KubeList, KubeObject, ObjectMeta } from "../apis/meta.ts";
import type { DeleteOptions, ListOptions, PatchType, Transport, WriteOptions } from "../apis/transport.ts";
import type { Clock } from "./clock.ts";
import { compact } from "./compact.ts";
import { Informer, type InformerOptions } from "./informer.ts";
import { objectRefOf, resourceOf, versionOf, type AnyKind, type AnyObject, type Name } from "./kinds.ts";
import type { Log } from "./log.ts";
import { waitFor, type Goal, type WaitOptions } from "./wait.ts";
import { watch, type WatchRequest } from "./watch.ts";
import type { Change } from "./reflector.ts";

export interface ClientOptions {
  /** Where a bare name is looked for. */
  namespace?: string;
  /** Under which this client's writes appear in `metadata.managedFields`. */
  fieldManager?: string;
  clock?: Clock;
  log?: Log;
}

/** `namespace` defaults to the client's own; `allNamespaces` looks everywhere. */
export type Where = { namespace?: string; allNamespaces?: boolean };

/** What a writer gives: labels, annotations, owners, and the like; the namespace defaults to the client's own. */
export type MetadataInput = Partial<ObjectMeta>;

export type ObjectInput<K> = { metadata: MetadataInput } & Omit<
  InputOf<ObjectOf<K>>,
  "apiVersion" | "kind" | "metadata" | "status"
>;

/** What an applier cares for: nothing has to be given but the name. */
export type ApplyInput<K> = { metadata: MetadataInput & { name: string } } & Omit<
  InputOf<ObjectOf<K>>,
  "apiVersion" | "kind" | "metadata"
>;

export interface ApplyRequest extends WriteOptions {
  subresource?: "status";
}

export interface PatchRequest extends WriteOptions {
  type?: PatchType;
  subresource?: "status";
}

const STATUS_ATTEMPTS = 5;
/** Who applies must say who it is. */
const DEFAULT_MANAGER = "tiltish";

/**
 * The API, typed by its kinds.
 *
 * What it returns may be shared with others and is frozen: change a copy (`update` makes one). Every request that
 * cannot be done throws a `StatusError`.
 */
export class Client {
  readonly transport: Transport;
  readonly namespace: string;
  readonly #options: ClientOptions;

  constructor(transport: Transport, options: ClientOptions = {}) {
    this.transport = transport;
    this.namespace = options.namespace ?? "default";
    this.#options = options;
  }

  /** The same client, at home in another namespace. */
  in(namespace: string): Client {
    return new Client(this.transport, { ...this.#options, namespace });
  }

  /** The object, or undefined if there is none. */
  async get<K extends AnyKind>(kind: K, name: Name): Promise<ObjectOf<K> | undefined> {
    try {
      return (await this.transport.get(this.#ref(kind, name))) as ObjectOf<K>;
    } catch (error) {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }

  async list<K extends AnyKind>(kind: K, options: ListOptions & Where = {}): Promise<KubeList<ObjectOf<K>>> {
    const { allNamespaces: _, ...rest } = options;
    const list = await this.transport.list(resourceOf(kind), { ...rest, ...this.#scope(kind, options) });
    return list as KubeList<ObjectOf<K>>;
  }

  /** As {@link list}, but of each object only its metadata: less to carry, to parse and to keep. */
  async listMetadata(kind: AnyKind, options: ListOptions & Where = {}): Promise<KubeList<AnyObject>> {
    return this.list<AnyKind>(kind, { ...options, metadataOnly: true });
  }

  /** Creates an object that has a spec. `name` may be metadata: labels, `generateName`, owners. */
  create<K extends AnyKind>(
    kind: K,
    name: string | MetadataInput,
    spec: InputOf<SpecOf<K>>,
    options?: WriteOptions,
  ): Promise<ObjectOf<K>> {
    const metadata = typeof name === "string" ? { name } : name;
    return this.createObject(kind, { metadata, spec } as unknown as ObjectInput<K>, options);
  }

  async createObject<K extends AnyKind>(
    kind: K,
    input: ObjectInput<K>,
    options?: WriteOptions,
  ): Promise<ObjectOf<K>> {
    const object = this.#complete(kind, input);
    const ref = { ...resourceOf(kind), namespace: object.metadata.namespace ?? "" };
    return (await this.transport.create(ref, object, this.#write(options))) as ObjectOf<K>;
  }

  /**
   * Changes an object as it was read, on a copy.
   *
   * @throws `Conflict` if it is no longer as it was read.
   */
  async update<K extends AnyKind>(
    kind: K,
    object: ObjectOf<K>,
    mutate: (draft: ObjectOf<K>) => void,
    options?: WriteOptions,
  ): Promise<ObjectOf<K>> {
    const next = compact(produce(plain(object), (draft) => mutate(draft as ObjectOf<K>)));
    if (next === plain(object)) return object;
    const ref = this.#ref(kind, plain(object).metadata);
    return (await this.transport.update(ref, next, this.#write(options))) as ObjectOf<K>;
  }

  /**
   * Replaces the status, if it differs, and notes the generation that it describes.
   *
   * The status of an object has one writer, its controller. So a conflict only means that something else of the
   * object has changed, and the same status is written again.
   *
   * @param object - The object that the status was derived from.
   * @throws `NotFound` if it is gone, `Conflict` if another one has taken its name.
   */
  async setStatus<K extends AnyKind>(
    kind: K,
    object: ObjectOf<K>,
    status: StatusOf<K>,
  ): Promise<ObjectOf<K>> {
    const { metadata } = plain(object);
    const observedGeneration = kind.hasGeneration ? { observedGeneration: metadata.generation } : {};
    const next = compact({ ...(status as object), ...observedGeneration });
    let read = plain(object);
    for (let attempt = 1; ; attempt++) {
      if (isDeepStrictEqual(read.status ?? {}, next)) return read as ObjectOf<K>;
      try {
        return (await this.#putStatus(kind, { ...read, status: next })) as ObjectOf<K>;
      } catch (error) {
        if (!isReason(error, "Conflict") || attempt === STATUS_ATTEMPTS) throw error;
        read = await this.transport.get(this.#ref(kind, metadata));
        if (read.metadata.uid !== metadata.uid) throw error;
      }
    }
  }

  /** As {@link setStatus}, by changing a copy of the status that was read. */
  updateStatus<K extends AnyKind>(
    kind: K,
    object: ObjectOf<K>,
    mutate: (draft: StatusOf<K>) => void,
  ): Promise<ObjectOf<K>> {
    const status = produce(plain(object).status ?? {}, (draft) => mutate(draft as StatusOf<K>));
    return this.setStatus(kind, object, status as StatusOf<K>);
  }

  /** A merge patch, unless `type` says otherwise. */
  async patch<K extends AnyKind>(
    kind: K,
    name: Name,
    body: unknown,
    { type = "merge", subresource, ...options }: PatchRequest = {},
  ): Promise<ObjectOf<K>> {
    const ref = { ...this.#ref(kind, name), subresource };
    return (await this.transport.patch(ref, { type, body }, this.#write(options))) as ObjectOf<K>;
  }

  /**
   * Sets what is given, and takes away what this client has given before and does not any more; the rest of the object
   * stays. Creates the object if it is not there. With the subresource `status`, all that counts of it is its status.
   *
   * @throws `Conflict`, naming the fields, if a value would change that another manager has set, unless `force`.
   */
  async apply<K extends AnyKind>(
    kind: K,
    input: ApplyInput<K>,
    { subresource, ...options }: ApplyRequest = {},
  ): Promise<ObjectOf<K>> {
    const body = this.#complete(kind, input);
    const ref = { ...this.#ref(kind, body.metadata), subresource };
    const write = { fieldManager: DEFAULT_MANAGER, ...this.#write(options) };
    return (await this.transport.patch(ref, { type: "apply", body }, write)) as ObjectOf<K>;
  }

  /**
   * Deletes an object; that it is not there is fine, unless `mustExist`.
   *
   * @returns The object, while a finalizer holds it; undefined when it is gone.
   */
  async delete<K extends AnyKind>(
    kind: K,
    name: Name,
    { mustExist = false, ...options }: DeleteOptions & { mustExist?: boolean } = {},
  ): Promise<ObjectOf<K> | undefined> {
    try {
      const object = await this.transport.delete(this.#ref(kind, name), options);
      return object.metadata.finalizers?.length ? (object as ObjectOf<K>) : undefined;
    } catch (error) {
      if (!mustExist && isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }

  /**
   * Deletes everything of a kind in one namespace, or what the selectors match.
   *
   * @returns What was deleted, or is being deleted because finalizers hold it.
   */
  async deleteCollection<K extends AnyKind>(
    kind: K,
    options: DeleteOptions & ListOptions = {},
  ): Promise<ObjectOf<K>[]> {
    const scope = this.#scope(kind, options);
    const deleted = await this.transport.deleteCollection(resourceOf(kind), { ...options, ...scope });
    return deleted as ObjectOf<K>[];
  }

  /** What is there, then every change, once and in order, over any break of the connection. */
  watch<K extends AnyKind>(
    kind: K,
    options: WatchRequest & Where = {},
  ): AsyncGenerator<Change<ObjectOf<K>>, void, void> {
    const { clock, log } = this.#options;
    const scope = this.#scope(kind, options);
    return watch({ transport: this.transport, kind, clock, log }, { ...options, ...scope });
  }

  /** The object, once it is as wanted: a condition that is True, or whatever `goal` asks. */
  waitFor<K extends AnyKind>(
    kind: K,
    name: Name,
    goal: Goal<ObjectOf<K>>,
    options: WaitOptions = {},
  ): Promise<ObjectOf<K> | undefined> {
    const source = { transport: this.transport, kind, ref: this.#ref(kind, name), ...this.#options };
    return waitFor(source, goal, options);
  }

  /**
   * Lets go of an object that is held by `spec.finalizers`, as a Namespace is.
   *
   * @throws StatusError `Conflict` if it has changed since it was read.
   */
  async finalize<K extends AnyKind>(kind: K, object: ObjectOf<K>, finalizer: string): Promise<void> {
    const { spec, ...rest } = plain(object);
    const { finalizers = [] } = (spec ?? {}) as { finalizers?: string[] };
    const left = { ...(spec as object), finalizers: finalizers.filter((other) => other !== finalizer) };
    const ref = { ...this.#ref(kind, rest.metadata), subresource: "finalize" };
    await this.transport.update(ref, { ...rest, spec: left }, this.#write());
  }

  /** A copy of the collection, kept up to date; over all namespaces unless one is given. Start it. */
  informer<K extends AnyKind>(kind: K, options: InformerOptions<ObjectOf<K>> = {}): Informer<K> {
    const { clock, log } = this.#options;
    return new Informer(this.transport, kind, { clock, log, ...options });
  }

  /** As {@link informer}, but of each object only its metadata. */
  metadataInformer(kind: AnyKind, options: InformerOptions<AnyObject> = {}): Informer<AnyKind> {
    return this.informer<AnyKind>(kind, { ...options, metadataOnly: true });
  }

  /** Lines of the log of an object, newline included; `query` as in the URL. */
  log(
    kind: AnyKind,
    name: Name,
    query: Record<string, string> = {},
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    return this.transport.log(this.#ref(kind, name), query, signal);
  }

  #ref(kind: AnyKind, name: Name) {
    return objectRefOf(kind, name, this.namespace);
  }

  #scope(kind: AnyKind, { namespace, allNamespaces }: Where): { namespace?: string } {
    if (!kind.namespaced || allNamespaces) return { namespace: undefined };
    return { namespace: namespace ?? this.namespace };
  }

  #write(options: WriteOptions = {}): WriteOptions {
    const { fieldManager } = this.#options;
    return fieldManager ? { fieldManager, ...options } : options;
  }

  #complete<K extends AnyKind>(kind: K, input: ObjectInput<K> | ApplyInput<K>): KubeObject {
    const { metadata, ...fields } = input;
    const namespace = metadata.namespace ?? this.namespace;
    const home = kind.namespaced ? { namespace } : {};
    return compact({
      apiVersion: versionOf(kind),
      kind: kind.kind,
      metadata: { ...metadata, ...home } as ObjectMeta,
      ...fields,
    });
  }

  #putStatus(kind: AnyKind, object: KubeObject): Promise<KubeObject> {
    const ref = { ...this.#ref(kind, object.metadata), subresource: "status" };
    return this.transport.update(ref, object, this.#write());
  }
}

const plain = (object: unknown): KubeObject => object as KubeObject;
