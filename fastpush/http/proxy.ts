import { Agent, type IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createProxyServer, type ProxyServer } from "http-proxy-3";

const HOST = "127.0.0.1";
/** Without these, whoever answers takes it for a plain request. */
const UPGRADE_HEADERS = ["connection", "upgrade", "http2-settings"];

/** Sends requests on to the app. While that is down they are answered with 502 and nothing. */
export class AppProxy {
  readonly #proxy: ProxyServer;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.#proxy = createProxyServer({ target: { host: HOST, port }, agent: this.#agent, xfwd: false });
    this.#proxy.on("error", (_error, _request, to) => answerDown(to));
    // An app that ends in the middle of an answer leaves nobody waiting for the rest.
    this.#proxy.on("proxyRes", (answer, _request, to) =>
      answer.once("close", () => {
        if (!answer.complete) to.destroy();
      }),
    );
    // Without a listener, a client that goes away would be an error of the app.
    this.#proxy.on("econnreset", () => undefined);
  }

  web(request: IncomingMessage, response: ServerResponse): void {
    forward(request);
    this.#proxy.web(request, response);
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    forward(request);
    if (request.headers.upgrade?.toLowerCase() === "websocket" && request.method === "GET")
      return this.#proxy.ws(request, socket, head);
    // What asks for another protocol is content with an answer in this one.
    for (const name of UPGRADE_HEADERS) delete request.headers[name];
    this.#proxy.web(request, plainResponse(request, socket));
  }

  close(): void {
    this.#proxy.removeAllListeners();
    this.#agent.destroy();
  }
}

/** A response to a request that came as an upgrade. */
export function plainResponse(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once("finish", () => socket.end());
  return response;
}

/** As the original does: who asked is told to the app, and everything else stays as it is. */
function forward(request: IncomingMessage): void {
  const former = request.headers["x-forwarded-for"];
  const address = request.socket.remoteAddress ?? "";
  request.headers["x-forwarded-for"] = former ? `${String(former)}, ${address}` : address;
}

function answerDown(to: ServerResponse | Socket): void {
  if (to instanceof Socket)
    return void to.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  if (to.headersSent) return void to.destroy();
  to.writeHead(502, { "content-length": 0 }).end();
}
