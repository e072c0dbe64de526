import { type IncomingMessage, request as plainRequest, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface Seen {
  method: string;
  path: string;
}

export interface Fault {
  code: number;
  message: string;
  details?: object;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

interface FrontOptions {
  tls: { cert: string; key: string };
  /** Of the real server. */
  socketPath: string;
  /** What the real server does not have. */
  logs: Handler;
  forward: UpgradeHandler;
}

/** Before the server of a cluster: adds what it does not have, counts, and breaks what a test wants broken. */
export class Front {
  readonly #options: FrontOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** All requests that came through. */
  readonly seen: Seen[] = [];
  /** An answer instead of that of the server. */
  fault: ((seen: Seen) => Fault | undefined) | undefined;
  /** What the server has done is answered when this has resolved. */
  delayAnswer: ((seen: Seen) => Promise<void> | undefined) | undefined;
  port = 0;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#server = createServer(options.tls, (request, response) => this.#serve(request, response));
    this.#server.on("upgrade", (request, socket, head: Buffer) => {
      this.seen.push({ method: "UPGRADE", path: request.url ?? "" });
      options.forward(request, socket, head);
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => {
        this.port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Cuts every connection, and takes no more. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  /** Cuts every connection that there is. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  count(method: string, pattern: RegExp): number {
    return this.seen.filter((each) => each.method === method && pattern.test(each.path)).length;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const seen = { method: request.method ?? "", path: request.url ?? "" };
    this.seen.push(seen);
    const fault = this.fault?.(seen);
    if (fault) return this.#refuse(request, response, fault);
    const url = new URL(request.url ?? "", "https://cluster");
    if (/\/pods\/[^/]+\/log$/.test(url.pathname)) return this.#options.logs(request, response, url);
    this.#proxy(request, response, seen);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, fault: Fault): void {
    request.resume();
    response.writeHead(fault.code, { "content-type": "application/json" });
    response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", ...fault }));
  }

  #proxy(request: IncomingMessage, response: ServerResponse, seen: Seen): void {
    const { socketPath } = this.#options;
    const headers = { ...request.headers, host: "localhost" };
    const upstream = plainRequest(
      { socketPath, method: request.method, path: request.url, headers },
      (answer) => void this.#answer(answer, response, seen),
    );
    upstream.on("error", () => response.destroy());
    response.on("close", () => upstream.destroy());
    request.pipe(upstream);
  }

  async #answer(answer: IncomingMessage, response: ServerResponse, seen: Seen): Promise<void> {
    await this.delayAnswer?.(seen);
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  }
}
