import http from "node:http";
import type https from "node:https";
import { ConnectionError, errorOf } from "./errors.ts";

/** Where a server is, and how to be believed there. */
export interface HttpTarget {
  /** `https://127.0.0.1:6443`; a path in front of `/api` is kept. */
  server?: string;
  /** A unix socket, instead of `server`. */
  socketPath?: string;
  /** PEM of the only authority that is trusted; the system's unless given. */
  ca?: string;
  /** Takes whatever certificate is shown. */
  insecure?: boolean;
  token?: string;
  /** PEM of a client certificate and its key. */
  cert?: string;
  key?: string;
  userAgent?: string;
  /** What changes while the server stays the same, such as a token that runs out. Asked for each request. */
  access?: () => Promise<HttpAccess>;
  /** How long the server may take to begin an answer; for ever, unless given. */
  answerTimeoutMs?: number;
}

/** How to be believed, this time; it goes over what the target says. */
export interface HttpAccess {
  headers?: Record<string, string>;
  tls?: Pick<https.RequestOptions, "ca" | "cert" | "key" | "pfx" | "passphrase" | "rejectUnauthorized"> & {
    servername?: string;
  };
  /** Instead of our own connections, such as through a proxy. */
  agent?: http.Agent;
}

export interface HttpRequest {
  method: string;
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  code: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** One server over HTTP, and the connections to it that are kept open. */
export class Exchange {
  readonly address: string;
  readonly #target: HttpTarget;
  readonly #url: URL;
  readonly #module: typeof http | typeof https;
  readonly #agent: http.Agent;

  constructor(target: HttpTarget) {
    this.#target = target;
    this.address = target.socketPath ?? target.server ?? "";
    this.#url = new URL(target.socketPath ? "http://localhost" : (target.server ?? ""));
    // Loaded only where it is used: over a socket it would be a tenth of the start of a command.
    this.#module = this.#url.protocol === "https:" ? process.getBuiltinModule("node:https") : http;
    // A watch keeps its connection for itself, so there is no useful limit to them.
    this.#agent = new this.#module.Agent({ keepAlive: true, keepAliveMsecs: 30_000, maxSockets: Infinity });
  }

  /** The whole answer. */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const response = await this.stream(request);
    const body = await this.#read(response, request.signal);
    return { code: response.statusCode ?? 0, headers: response.headers, body };
  }

  /** The answer as it comes, once its head is there; one of 400 and above is thrown. */
  async stream(request: HttpRequest): Promise<http.IncomingMessage> {
    const response = await this.#open(request);
    const code = response.statusCode ?? 0;
    if (code < 400) return response;
    const body = await this.#read(response, request.signal);
    throw errorOf(code, body.toString("utf8"), response.headers["retry-after"]);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #open(request: HttpRequest): Promise<http.IncomingMessage> {
    const access = (await this.#target.access?.()) ?? {};
    try {
      return await this.#send(request, access);
    } catch (error) {
      // The server had closed an idle connection just when we took it. Only what changes nothing is sent again.
      if (!(error instanceof StaleConnection)) throw error;
      if (request.method !== "GET") throw new ConnectionError({ address: this.address, cause: error.cause });
      return this.#send(request, access);
    }
  }

  #send(
    { method, path, headers, body, signal }: HttpRequest,
    access: HttpAccess,
  ): Promise<http.IncomingMessage> {
    const { socketPath, ca, cert, key, insecure, answerTimeoutMs } = this.#target;
    const tls = { ca, cert, key, ...(insecure && { rejectUnauthorized: false }), ...access.tls };
    return new Promise((resolve, reject) => {
      const options = {
        method,
        agent: access.agent ?? this.#agent,
        signal,
        headers: { ...this.#headers(headers, body), ...access.headers },
        path: `${this.#url.pathname.replace(/\/$/, "")}${path}`,
        ...(socketPath ? { socketPath } : { host: hostOf(this.#url), port: this.#url.port, ...tls }),
      };
      const request = this.#module.request(options, (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      const timer =
        answerTimeoutMs === undefined
          ? undefined
          : setTimeout(() => request.destroy(timedOut(answerTimeoutMs)), answerTimeoutMs);
      request.on("error", (cause: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        if (signal?.aborted) return reject(abortError(signal));
        const isStale = request.reusedSocket && (cause.code === "ECONNRESET" || cause.code === "EPIPE");
        reject(isStale ? new StaleConnection(cause) : new ConnectionError({ address: this.address, cause }));
      });
      request.end(body);
    });
  }

  #headers(headers: Record<string, string> | undefined, body: string | Uint8Array | undefined) {
    const { token, userAgent = "tiltish" } = this.#target;
    return {
      accept: "application/json",
      "user-agent": userAgent,
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
      }),
      ...headers,
    };
  }

  async #read(response: http.IncomingMessage, signal: AbortSignal | undefined): Promise<Buffer> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch (cause) {
      throw signal?.aborted ? abortError(signal) : new ConnectionError({ address: this.address, cause });
    }
    return Buffer.concat(chunks);
  }
}

class StaleConnection extends Error {
  constructor(cause: Error) {
    super("the connection was closed while idle", { cause });
  }
}

const timedOut = (ms: number): Error =>
  Object.assign(new Error(`no answer within ${ms / 1_000} s`), { code: "ETIMEDOUT" });

const abortError = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason });

/** Without the brackets that a URL puts around an IPv6 address. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");
