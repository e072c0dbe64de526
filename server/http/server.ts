import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { StatusError } from "../../apis/errors.ts";
import { ANONYMOUS, createAuthority, type TokenDirectory } from "../auth/index.ts";
import type { Registry } from "../registry/index.ts";
import type { Store } from "../storage/index.ts";
import { createApp, type App, type ExtraRoutes } from "./app.ts";
import type { Listener } from "./connections.ts";
import type { HttpLog, LogSource, Services } from "./context.ts";
import { refuse, statusErrorOf } from "./errors.ts";
import { createGuard, identityOf, isHealthCheck, type Door, type Guard } from "./guard.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { listenOnLoopback, listenOnSocket, portOf } from "./listeners.ts";
import { hasBody } from "./protocol.ts";
import type { Certificate } from "./tls.ts";
import { Traffic } from "./traffic.ts";

export interface HttpServerOptions {
  registry: Registry;
  store: Store;
  /** What callers must send as `Authorization: Bearer`. */
  token: string;
  /** Tokens that are good for less. */
  tokens?: TokenDirectory;
  log: HttpLog;
  /** Without it, `log` subresources are 404. */
  logSource?: LogSource;
  /** Routes beside the API. They are behind the same checks. */
  extraRoutes?: ExtraRoutes;
  /** Named checks of `/readyz`; each says what is wrong, if anything is. */
  checks?: Readonly<Record<string, () => string | undefined>>;
  limits?: Partial<Limits>;
}

interface ListenOptions {
  /** Of HTTPS on 127.0.0.1 and ::1; 0 chooses one. Needs `tls`. */
  port?: number;
  tls?: Certificate;
  /** Of HTTP on a unix socket. */
  socketPath?: string;
}

export interface HttpServer {
  /** @throws Error saying what is in the way, and what to do. Nothing is left listening then. */
  listen(options: ListenOptions): Promise<void>;
  /** Where it listens. */
  readonly address: { port?: number; url?: string; socketPath?: string };
  /** Ends watches cleanly, lets requests finish for a moment, and closes every connection. */
  close(): Promise<void>;
}

export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...LIMITS, ...options.limits };
  const authority = createAuthority(options);
  const services: Services = {
    ...options,
    authority,
    limits,
    traffic: new Traffic(limits, authority),
    checks: options.checks ?? {},
  };
  const app = await createApp(services, options.extraRoutes);
  return new LoopbackServer(services, app, createGuard(authority));
}

class LoopbackServer implements HttpServer {
  readonly #services: Services;
  readonly #app: App;
  readonly #guard: Guard;
  #listeners: Listener[] = [];
  #address: HttpServer["address"] = {};

  constructor(services: Services, app: App, guard: Guard) {
    this.#services = services;
    this.#app = app;
    this.#guard = guard;
  }

  get address(): HttpServer["address"] {
    return this.#address;
  }

  async listen({ port, tls, socketPath }: ListenOptions): Promise<void> {
    const { limits, log } = this.#services;
    const listening = { answer: (door: Door) => this.#answer(door), limits, log };
    try {
      if (socketPath !== undefined) {
        this.#listeners.push(await listenOnSocket(socketPath, listening));
        this.#address = { ...this.#address, socketPath };
      }
      if (port !== undefined && tls) {
        const listeners = await listenOnLoopback(port, tls, listening);
        this.#listeners.push(...listeners);
        const chosen = portOf(listeners[0]!);
        this.#address = { ...this.#address, port: chosen, url: `https://127.0.0.1:${chosen}` };
      }
    } catch (error) {
      await this.#closeListeners();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#services.traffic.close();
    await this.#closeListeners();
    await this.#app.close();
  }

  async #closeListeners(): Promise<void> {
    const listeners = this.#listeners;
    this.#listeners = [];
    await Promise.all(listeners.map((listener) => listener.close()));
  }

  #answer(door: Door): RequestListener {
    return (request, response) => {
      const refusal = this.#guard(request, door);
      if (refusal) return refuse(response, refusal, mustClose(request));
      const excess = this.#admit(request.url!, response);
      if (excess) return refuse(response, excess, isLong(request));
      if (expectsContinue(request)) goOn(response);
      this.#app.listener(request, response);
    };
  }

  #admit(url: string, response: ServerResponse): StatusError | undefined {
    if (isHealthCheck(url)) return undefined;
    try {
      this.#services.traffic.enter(response);
      return undefined;
    } catch (error) {
      return statusErrorOf(error);
    }
  }
}

/**
 * Who is cut off while sending may never get to see the answer, so what is still to come is thrown away. But a
 * stranger may not keep us busy with it, and who waits to be told to go on need not be waited for.
 */
const mustClose = (request: IncomingMessage): boolean =>
  (identityOf(request) === ANONYMOUS && isLong(request)) || (hasBody(request) && expectsContinue(request));

/** Twice of what any request may send. */
const LONG_BYTES = 2 * LIMITS.maxBodyBytes;

const isLong = (request: IncomingMessage): boolean =>
  hasBody(request) && !(Number(request.headers["content-length"]) <= LONG_BYTES);

const expectsContinue = ({ headers }: IncomingMessage): boolean =>
  /^100-continue$/i.test(headers.expect ?? "");

/** Tells a client to send its body. Written while an answer before this one is under way, it would end up behind its own headers. */
function goOn(response: ServerResponse): void {
  if (response.socket) response.writeContinue();
  else response.once("socket", () => response.writeContinue());
}
