import { HttpTransport } from "../../client/http/index.ts";
import { timedOut } from "../cli/errors.ts";
import type { Options } from "../cli/options.ts";
import type { FoundInstance } from "../instances.ts";
import { cachedTypes, rememberTypes } from "../resources/cache.ts";
import { loadResourceTypes } from "../resources/discovery.ts";
import type { ResourceTypes } from "../resources/types.ts";
import { findServer, targetOf } from "./find.ts";

export interface SessionOptions {
  /** Where the server runs, if that is known to be this machine. */
  instance?: FoundInstance;
  /** For questions that have one answer; 0: however long it takes. */
  requestTimeoutMs?: number;
}

/** One command's view of the server. */
export class Session {
  readonly transport: HttpTransport;
  readonly namespace: string;
  readonly #instance: FoundInstance | undefined;
  readonly #requestTimeoutMs: number;
  #types: Promise<ResourceTypes> | undefined;

  constructor(transport: HttpTransport, namespace: string, options: SessionOptions = {}) {
    this.transport = transport;
    this.namespace = namespace;
    this.#instance = options.instance;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 0;
  }

  /**
   * What the server serves, as far as an earlier command has asked; else as the server says.
   *
   * For the quick commands: a word that is not known yet is worth a question to the server, and `types` asks it.
   */
  async likelyTypes(words: readonly string[]): Promise<ResourceTypes> {
    const cached = this.#instance && cachedTypes(this.#instance);
    return cached && words.every((word) => cached.find(word)) ? cached : this.types();
  }

  /** What the server serves; asked once. */
  types(): Promise<ResourceTypes> {
    this.#types ??= this.#loadTypes();
    return this.#types;
  }

  async json<T>(path: string, headers?: Record<string, string>): Promise<T> {
    const { body } = await this.#inTime((signal) => this.transport.request("GET", path, { headers, signal }));
    return JSON.parse(body.toString("utf8")) as T;
  }

  async #inTime<T>(act: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
    const signal = this.#requestTimeoutMs > 0 ? AbortSignal.timeout(this.#requestTimeoutMs) : undefined;
    try {
      return await act(signal);
    } catch (error) {
      if (signal?.aborted) throw timedOut(`the server did not answer within ${this.#requestTimeoutMs} ms`);
      throw error;
    }
  }

  async #loadTypes(): Promise<ResourceTypes> {
    const types = await loadResourceTypes(this.transport);
    if (this.#instance) rememberTypes(this.#instance, types);
    return types;
  }
}

/** @throws CliError with exit code 3 if there is no server for this call. */
export async function connect(options: Options): Promise<Session> {
  const { target, namespace, instance } = await findServer(options);
  return new Session(new HttpTransport(target), namespace, {
    instance,
    requestTimeoutMs: options.durationMs("request-timeout"),
  });
}

/** A session with a server that was found already. */
export const sessionFor = (instance: FoundInstance, namespace = "default"): Session =>
  new Session(new HttpTransport(targetOf(instance)), namespace, { instance });
