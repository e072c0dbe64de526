import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { WebSocket } from "ws";
import { badRequest, StatusError } from "../../apis/errors.ts";
import { BEARER_PROTOCOL, offeredProtocols } from "./bearer.ts";
import { WEBSOCKET_VERSION } from "./errors.ts";
import { settled, type Outlet } from "./outlet.ts";
import type { Upgrade } from "./upgrade.ts";

/** How bytes become messages. */
export type Encoding = "text" | "binary" | "base64";

/** What messages a stream can come in, by subprotocol; the empty name stands for a client that offers none. */
export type Subprotocols = (name: string) => Encoding | undefined;

/** Clients have nothing to say; what they say all the same is thrown away, and must be short. */
const MAX_MESSAGE_BYTES = 4_096;
/** So often that what is in between does not take the connection for dead. */
const PING_MS = 30_000;
/** RFC 6455, section 7.4.1. */
const [NORMAL, INTERNAL_ERROR] = [1000, 1011];
const CLOSE_MS = 1_000;

/** A stream as messages of a WebSocket (rule 95). */
export class WebSocketOutlet implements Outlet {
  readonly hasMessages = true;
  readonly #request: IncomingMessage;
  readonly #upgrade: Upgrade;
  readonly #protocol: string;
  readonly #encoding: Encoding;
  #webSocket: WebSocket | undefined;

  /** @throws StatusError `BadRequest` for a request that can become no WebSocket, or not one that carries this. */
  constructor(request: IncomingMessage, upgrade: Upgrade, subprotocols: Subprotocols) {
    checkHandshake(request);
    this.#request = request;
    this.#upgrade = upgrade;
    [this.#protocol, this.#encoding] = choose(offeredProtocols(request), subprotocols);
  }

  get unsentBytes(): number {
    return this.#upgrade.socket.writableLength;
  }

  get isClosed(): boolean {
    return this.#upgrade.socket.destroyed;
  }

  async open(headers: OutgoingHttpHeaders): Promise<void> {
    // Most servers never see one.
    const { WebSocketServer } = await import("ws");
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: () => this.#protocol || false,
    });
    server.on("headers", (lines) => lines.push(...linesOf(headers)));
    const { socket, head } = this.#upgrade;
    await new Promise<void>((resolve) => {
      socket.once("close", resolve);
      server.handleUpgrade(this.#request, socket, head, (webSocket) => {
        this.#use(webSocket);
        resolve();
      });
    });
  }

  #use(webSocket: WebSocket): void {
    this.#webSocket = webSocket;
    // It closes the connection by itself, and the connection is what is looked at.
    webSocket.on("error", () => undefined);
    const pings = setInterval(() => this.#ping(), PING_MS).unref();
    this.#upgrade.socket.once("close", () => clearInterval(pings));
  }

  #ping(): void {
    if (this.unsentBytes === 0) this.#webSocket?.ping();
  }

  write(bytes: Buffer): void {
    if (this.#encoding === "base64") this.#webSocket?.send(bytes.toString("base64"));
    else this.#webSocket?.send(bytes, { binary: this.#encoding === "binary" });
  }

  drained(signal: AbortSignal): Promise<void> {
    return settled(this.#upgrade.socket, signal);
  }

  end(graceMs: number): void {
    this.#close(NORMAL, graceMs);
  }

  cutOff(): void {
    this.#close(INTERNAL_ERROR, CLOSE_MS);
  }

  #close(code: number, graceMs: number): void {
    const { socket } = this.#upgrade;
    if (socket.destroyed) return;
    this.#webSocket?.close(code);
    const late = setTimeout(() => socket.destroy(), graceMs).unref();
    socket.once("close", () => clearTimeout(late));
  }
}

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const NAME = /^[\w!#$%&'*+\-.^`|~]+$/;

/** @throws StatusError saying what is missing; afterwards there would be no way to tell. */
function checkHandshake({ headers }: IncomingMessage): void {
  if (headers["sec-websocket-version"] !== WEBSOCKET_VERSION) {
    throw new StatusError(426, "BadRequest", `Sec-WebSocket-Version must be ${WEBSOCKET_VERSION}`);
  }
  if (!KEY.test(headers["sec-websocket-key"] ?? "")) {
    throw badRequest("Sec-WebSocket-Key must be 16 bytes in base64");
  }
  const names = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  if (new Set(names).size < names.length || !names.every((name) => NAME.test(name))) {
    throw badRequest("Sec-WebSocket-Protocol must be a list of different names");
  }
}

/** The first that is offered and known. The one with the token is not, and would be repeated to the client. */
function choose(offered: readonly string[], subprotocols: Subprotocols): [string, Encoding] {
  const plain = offered.filter((name) => !name.startsWith(BEARER_PROTOCOL));
  if (plain.length === 0 && offered.length > 0) {
    throw badRequest("a token as a subprotocol needs another subprotocol beside it, such as binary.k8s.io");
  }
  for (const name of plain.length === 0 ? [""] : plain) {
    const encoding = subprotocols(name);
    if (encoding) return [name, encoding];
  }
  throw badRequest(`none of the subprotocols ${JSON.stringify(plain)} is supported; offer binary.k8s.io`);
}

/** What the connection says of itself stays, and there is no body that could be of a type. */
const linesOf = (headers: OutgoingHttpHeaders): string[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || name === "content-type" ? [] : [`${name}: ${String(value)}`],
  );
