import type { IncomingMessage } from "node:http";
import { addAbortSignal, type Duplex, type Readable, type Writable } from "node:stream";
import { ImageFailure, textOf } from "../failure.ts";
import type { Environment } from "./config.ts";
import { type Endpoint, endpointOf } from "./endpoint.ts";
import { inTime, takePulse, unlessAborted } from "./patience.ts";

interface Request {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  query?: Record<string, unknown>;
  headers?: Record<string, string | string[]>;
  body?: Readable;
  /** Sent as JSON. */
  json?: object;
  signal?: AbortSignal | undefined;
  /** Until it is answered; without it, as long as the engine gives for such questions. */
  limitMs?: number;
}

interface DialOptions extends Omit<Request, "body" | "json" | "query" | "signal" | "limitMs"> {
  file?: Readable | undefined;
  options?: object;
  abortSignal?: AbortSignal | undefined;
  isStream?: boolean;
  hijack?: boolean;
  statusCodes: Record<number, true>;
}

/** What of docker-modem is used here. */
interface Modem {
  dial(options: DialOptions, done: (error: Error | null, data: unknown) => void): void;
  demuxStream(from: Readable, stdout: Writable, stderr: Writable): void;
}

export interface InspectedImage {
  Id: string;
  RepoTags?: string[] | null;
  RepoDigests?: string[] | null;
}

interface Listed {
  Created: number;
  RepoTags?: string[] | null;
}

export interface NamedImage {
  /** Seconds since 1970. */
  createdAt: number;
  names: string[];
}

export interface Ping {
  apiVersion: string;
  os: string;
}

/** An answer of the engine that is no success. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const SUCCESS = { 200: true, 201: true, 204: true } as const;
/** Whoever does not answer in time is taken for gone. */
export interface Patience {
  /** For what is no stream. */
  limitMs: number;
  pingMs: number;
  /** Between two pings, while there is a stream: what is not written there may have no end. */
  pulseMs: number;
}

const PATIENCE: Patience = { limitMs: 30_000, pingMs: 10_000, pulseMs: 30_000 };
/** To delete files takes its time. */
const UNTAG_MS = 120_000;

/** A container engine, asked over its API. Nothing of its client is loaded before the first engine is opened. */
export class Engine {
  readonly endpoint: Endpoint;
  readonly #modem: Modem;
  readonly #patience: Patience;

  private constructor(endpoint: Endpoint, modem: Modem, patience: Patience) {
    this.endpoint = endpoint;
    this.#modem = modem;
    this.#patience = patience;
  }

  /** @throws ImageFailure `EngineUnreachable` for a context that is not there, or certificates that cannot be read. */
  static async open(env: Environment, patience = PATIENCE): Promise<Engine> {
    const endpoint = await endpointOf(env);
    const { default: Docker } = await import("dockerode");
    try {
      const modem = new Docker(optionsOf(endpoint, env)).modem as Modem;
      return new Engine(endpoint, modem, patience);
    } catch (error) {
      throw unreachable(endpoint, error);
    }
  }

  /** @throws ImageFailure `EngineUnreachable` */
  async ping(signal?: AbortSignal): Promise<Ping> {
    const version = await this.json<{ ApiVersion?: string; Os?: string }>({
      method: "GET",
      path: "/version",
      signal,
      limitMs: this.#patience.pingMs,
    });
    return { apiVersion: version.ApiVersion ?? "1.24", os: version.Os ?? "linux" };
  }

  /** The image of this reference or id, if the engine has it. */
  async inspect(ref: string, signal?: AbortSignal): Promise<InspectedImage | undefined> {
    try {
      return await this.json<InspectedImage>({ method: "GET", path: `/images/${ref}/json`, signal });
    } catch (error) {
      if (error instanceof EngineError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Gives an image one more name. */
  async tag(id: string, ref: string, signal?: AbortSignal): Promise<void> {
    const { repository, tag = "latest" } = splitTag(ref);
    const query = { repo: repository, tag };
    await this.json({ method: "POST", path: `/images/${encodeURIComponent(id)}/tag`, query, signal });
  }

  /** The images that have a name like this, `api:v*`, with all such names. */
  async named(pattern: string, signal?: AbortSignal): Promise<NamedImage[]> {
    const query = { filters: JSON.stringify({ reference: [pattern] }) };
    const found = await this.json<Listed[]>({ method: "GET", path: "/images/json", query, signal });
    return found.map(({ Created, RepoTags }) => ({ createdAt: Created, names: RepoTags ?? [] }));
  }

  /** Takes a name away from an image, and the image with its last name. Nothing happens if it is in use, or gone. */
  async untag(ref: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.json({
        method: "DELETE",
        path: `/images/${ref}`,
        query: { noprune: "false" },
        signal,
        limitMs: UNTAG_MS,
      });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }

  /** @throws EngineError; ImageFailure `EngineUnreachable`, also if there is no answer in time. */
  async json<T>(request: Request): Promise<T> {
    return (await this.#inTime(request, {})) as T;
  }

  /** It lasts as long as the engine answers to others. @throws as `json` */
  async stream(request: Request): Promise<IncomingMessage> {
    const pulse = takePulse(this.#patience.pulseMs, (signal) => this.ping(signal));
    const { signal } = pulse;
    const both = request.signal ? AbortSignal.any([request.signal, signal]) : signal;
    try {
      const answer = await unlessAborted(
        () => this.#dial({ ...request, signal: both }, { isStream: true }),
        both,
      );
      const stream = answer as IncomingMessage;
      signal.addEventListener("abort", () => stream.destroy(signal.reason as Error), { once: true });
      stream.once("close", () => pulse.stop());
      // That of the request is let go of once all of it is sent.
      return request.signal ? addAbortSignal(request.signal, stream) : stream;
    } catch (error) {
      pulse.stop();
      throw error;
    }
  }

  /** A connection that the engine has given over to another protocol. @throws as `json` */
  async hijack(request: Request): Promise<Duplex> {
    return (await this.#inTime(request, { hijack: true })) as Duplex;
  }

  /** What a container writes comes with both streams in one: this puts them together, in the order in which they came. */
  joinStreams(from: Readable, to: Writable): void {
    this.#modem.demuxStream(from, to, to);
  }

  #inTime(request: Request, how: Partial<DialOptions>): Promise<unknown> {
    const { limitMs = this.#patience.limitMs, signal } = request;
    const late = () => unreachable(this.endpoint, new Error("no answer in time"));
    return inTime((until) => this.#dial({ ...request, signal: until }, how), { limitMs, signal, late });
  }

  #dial(
    { body, json = {}, query = {}, path, signal, limitMs: _, ...rest }: Request,
    how: Partial<DialOptions>,
  ): Promise<unknown> {
    const hasQuery = Object.keys(query).length > 0;
    const hasOptions = hasQuery || Object.keys(json).length > 0;
    const options: DialOptions = {
      ...rest,
      ...how,
      path: hasQuery ? `${path}?` : path,
      ...(hasOptions && { options: { _query: query, _body: json } }),
      file: body,
      abortSignal: signal,
      statusCodes: SUCCESS,
    };
    return new Promise((resolve, reject) => {
      this.#modem.dial(options, (error, data) => {
        if (error) reject(this.#errorOf(error));
        else resolve(data);
      });
    });
  }

  #errorOf(error: Error & { statusCode?: number; json?: { message?: string } | null }): Error {
    if (error.statusCode === undefined) return unreachable(this.endpoint, error);
    const message = error.json?.message ?? error.message.replace(/^\(HTTP code \d+\) unexpected - /, "");
    return new EngineError(error.statusCode, message.trim());
  }
}

/** `host:5000/team/api:v1` → `host:5000/team/api`, `v1` */
export function splitTag(ref: string): { repository: string; tag?: string } {
  const colon = ref.lastIndexOf(":");
  if (colon < 0 || ref.indexOf("/", colon) >= 0) return { repository: ref };
  return { repository: ref.slice(0, colon), tag: ref.slice(colon + 1) };
}

function optionsOf({ url, tls }: Endpoint, env: Environment): object {
  const parsed = new URL(url);
  if (parsed.protocol === "unix:") return { socketPath: url.slice("unix://".length), host: undefined };
  if (parsed.protocol === "npipe:") return { socketPath: url.slice("npipe://".length), host: undefined };
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  if (parsed.protocol === "ssh:") {
    const sshOptions = { agent: env["SSH_AUTH_SOCK"] };
    return {
      protocol: "ssh",
      host,
      port: parsed.port || 22,
      username: parsed.username || undefined,
      sshOptions,
    };
  }
  if (!tls) return { protocol: "http", host, port: parsed.port || 2375, key: undefined };
  const { ca, cert, key, isVerified } = tls;
  const trust = isVerified ? {} : { checkServerIdentity: () => undefined };
  return { protocol: "https", host, port: parsed.port || 2376, ca, cert, key, ...trust };
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: "start Docker, or set DOCKER_HOST",
  ECONNREFUSED: "start Docker, or set DOCKER_HOST",
  EACCES: "this user may not use it: join the group docker, or set DOCKER_HOST",
  ENOTFOUND: "there is no such host: mend DOCKER_HOST",
};

export function unreachable({ url, source }: Endpoint, error: unknown): ImageFailure {
  const { code = "" } = error as { code?: string };
  const why = textOf(error);
  const remedy = REMEDIES[code] ?? "see that Docker runs and answers";
  const message = `the engine at ${url} (${source}) cannot be reached: ${why}; ${remedy}`;
  return new ImageFailure({ reason: "EngineUnreachable", message, isTransient: true, cause: error });
}
