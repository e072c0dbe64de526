import { StatusError, type Status } from "../../apis/errors.ts";
import type { KubeList, KubeObject } from "../../apis/meta.ts";
import type {
  DeleteOptions,
  ListOptions,
  ObjectRef,
  PatchType,
  ResourceRef,
  Transport,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../../apis/transport.ts";
import { ConnectionError } from "./errors.ts";
import { Exchange, type HttpAnswer, type HttpRequest, type HttpTarget } from "./exchange.ts";
import { isComplete, linesOf } from "./lines.ts";
import { collectionPath, deleteBody, objectPath, queryOf, writeQuery } from "./paths.ts";

const PATCH_TYPES: Record<PatchType, string> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

export interface RawRequest extends Omit<HttpRequest, "method" | "path" | "body"> {
  /** A string or bytes as they are, anything else as JSON. */
  body?: unknown;
}

export interface LinesRequest extends Omit<RawRequest, "body"> {
  /** The server has begun to answer; it may be long before there is a line. */
  onOpen?: () => void;
}

/** The API over HTTPS, or over a unix socket. */
export class HttpTransport implements Transport {
  readonly streamsLists = true;
  readonly #exchange: Exchange;

  constructor(target: HttpTarget) {
    this.#exchange = new Exchange(target);
  }

  /** Where the server is, for people. */
  get address(): string {
    return this.#exchange.address;
  }

  /** Any request; `path` with its query. An answer of 400 and above is thrown as a `StatusError`. */
  request(method: string, path: string, { body, ...rest }: RawRequest = {}): Promise<HttpAnswer> {
    return this.#exchange.request({ ...rest, method, path, body: bodyOf(body) });
  }

  /** Lines of any answer, newline included; ends quietly when `signal` is aborted. */
  async *lines(path: string, { onOpen, ...options }: LinesRequest = {}): AsyncGenerator<Buffer, void, void> {
    const { signal } = options;
    try {
      const response = await this.#exchange.stream({ ...options, method: "GET", path });
      onOpen?.();
      yield* linesOf(response);
    } catch (cause) {
      if (signal?.aborted) return;
      if (cause instanceof StatusError || cause instanceof ConnectionError) throw cause;
      throw new ConnectionError({ address: this.address, cause });
    }
  }

  get(ref: ObjectRef, subresource?: string): Promise<KubeObject> {
    return this.#json("GET", objectPath(ref, subresource));
  }

  list(resource: ResourceRef, { namespace, metadataOnly, ...options }: ListOptions = {}): Promise<KubeList> {
    const path = collectionPath(resource, namespace) + queryOf({ ...options });
    return this.#json(
      "GET",
      path,
      metadataOnly ? { headers: acceptMetadata("PartialObjectMetadataList") } : {},
    );
  }

  create(
    ref: ResourceRef & { namespace: string },
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    return this.#json("POST", collectionPath(ref, ref.namespace) + writeQuery(options), { body: object });
  }

  update(
    ref: ObjectRef & { subresource?: string },
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    return this.#json("PUT", objectPath(ref, ref.subresource) + writeQuery(options), { body: object });
  }

  patch(
    ref: ObjectRef & { subresource?: string },
    { type, body }: { type: PatchType; body: unknown },
    options?: WriteOptions,
  ): Promise<KubeObject> {
    const headers = { "content-type": PATCH_TYPES[type] };
    return this.#json("PATCH", objectPath(ref, ref.subresource) + writeQuery(options), { body, headers });
  }

  /** When the object is gone the server only tells its name and uid, and so that is all there is in the answer. */
  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<KubeObject> {
    const answer = await this.#json<KubeObject>("DELETE", objectPath(ref), { body: deleteBody(options) });
    if (answer.kind !== "Status") return answer;
    const { details } = answer as unknown as Status;
    return { ...answer, metadata: { name: ref.name, namespace: ref.namespace, uid: details?.uid } };
  }

  async deleteCollection(
    resource: ResourceRef,
    options: DeleteOptions & ListOptions = {},
  ): Promise<KubeObject[]> {
    const { dryRun, gracePeriodSeconds, propagationPolicy, preconditions, ...list } = options;
    const { namespace, metadataOnly: _, ...query } = list;
    const path = collectionPath(resource, namespace) + queryOf({ ...query });
    const body = deleteBody({ dryRun, gracePeriodSeconds, propagationPolicy, preconditions });
    const answer = await this.#json<KubeList | Status>("DELETE", path, { body });
    return "items" in answer ? answer.items : [];
  }

  async *watch(
    resource: ResourceRef,
    { namespace, signal, metadataOnly, ...options }: WatchOptions = {},
  ): AsyncGenerator<WatchEvent, void, void> {
    const path = collectionPath(resource, namespace) + queryOf({ ...options, watch: true });
    const headers = metadataOnly ? acceptMetadata("PartialObjectMetadata") : {};
    for await (const line of this.lines(path, { signal, headers })) {
      if (!isComplete(line)) throw new ConnectionError({ address: this.address });
      const event = JSON.parse(line.toString("utf8")) as WatchEvent | { type: "ERROR"; object: Status };
      if (event.type === "ERROR") throw StatusError.from(event.object);
      yield event;
    }
  }

  log(ref: ObjectRef, query: Record<string, string>, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return this.lines(objectPath(ref, "log") + queryOf(query), { signal, headers: { accept: "*/*" } });
  }

  /** Closes idle connections; running requests end on their own. */
  close(): void {
    this.#exchange.close();
  }

  async #json<T>(method: string, path: string, request?: RawRequest): Promise<T> {
    const { body } = await this.request(method, path, request);
    return JSON.parse(body.toString("utf8")) as T;
  }
}

const acceptMetadata = (as: string) => ({ accept: `application/json;as=${as};g=meta.k8s.io;v=v1` });

function bodyOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}
