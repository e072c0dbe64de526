import { createHash, randomBytes } from "node:crypto";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { once } from "node:events";
import type { Access } from "./client.ts";

/** A WebSocket, as far as a watch needs one. */
export interface WebSocketClient {
  /** The subprotocol that the server has chosen. */
  readonly protocol: string | undefined;
  /** The text of the next frame. */
  next(): Promise<string>;
  close(): void;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * Opens one by hand: https://datatracker.ietf.org/doc/html/rfc6455
 *
 * @throws Error with the status line of a server that refuses.
 */
export async function openWebSocket(
  access: Access,
  path: string,
  protocols: string[] = [],
): Promise<WebSocketClient> {
  const socket = await connect(access);
  const key = randomBytes(16).toString("base64");
  socket.write(requestOf(access, { path, key, protocols }));
  const reader = new Reader(socket);
  const head = await reader.headers();
  if (!head.startsWith("HTTP/1.1 101")) {
    socket.destroy();
    throw new Error(head.split("\r\n", 1)[0]);
  }
  const accept = createHash("sha1")
    .update(key + GUID)
    .digest("base64");
  if (headerOf(head, "sec-websocket-accept") !== accept) throw new Error("the key was not accepted");
  return {
    protocol: headerOf(head, "sec-websocket-protocol"),
    next: () => reader.frame(),
    close: () => socket.destroy(),
  };
}

async function connect({ url, ca, insecure }: Access): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url);
  const at = { host: hostname, port: Number(port) };
  const isSecure = protocol === "https:";
  const options = { ...at, ca, rejectUnauthorized: !insecure, ALPNProtocols: ["http/1.1"] };
  const socket = isSecure ? connectTls(options) : connectPlain(at);
  socket.on("error", () => undefined);
  await once(socket, isSecure ? "secureConnect" : "connect");
  return socket;
}

interface Handshake {
  path: string;
  key: string;
  protocols: readonly string[];
}

function requestOf({ url, token }: Access, { path, key, protocols }: Handshake): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    ...(token ? [`Authorization: Bearer ${token}`] : []),
    ...(protocols.length > 0 ? [`Sec-WebSocket-Protocol: ${protocols.join(", ")}`] : []),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const headerOf = (head: string, name: string): string | undefined =>
  new RegExp(`^${name}: *(.*)$`, "im").exec(head)?.[1]?.trim();

const [TEXT, BINARY, CLOSE] = [1, 2, 8];

/** What comes, as it is asked for. */
class Reader {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #hasEnded = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake?.();
    });
    socket.on("close", () => {
      this.#hasEnded = true;
      this.#wake?.();
    });
  }

  async headers(): Promise<string> {
    while (!this.#bytes.includes("\r\n\r\n")) await this.#more();
    return this.#take(this.#bytes.indexOf("\r\n\r\n") + 4).toString();
  }

  /** The next frame that carries something. @throws Error when there is none any more. */
  async frame(): Promise<string> {
    for (;;) {
      const [first, second] = await this.#exactly(2);
      const payload = await this.#exactly(await this.#lengthFrom(second! & 0x7f));
      const opcode = first! & 0x0f;
      if (opcode === CLOSE) throw new Error("the WebSocket was closed");
      if (opcode === TEXT || opcode === BINARY) return payload.toString("utf8");
    }
  }

  async #lengthFrom(short: number): Promise<number> {
    if (short === 126) return (await this.#exactly(2)).readUInt16BE();
    return short === 127 ? Number((await this.#exactly(8)).readBigUInt64BE()) : short;
  }

  async #exactly(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await this.#more();
    return this.#take(count);
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  async #more(): Promise<void> {
    if (this.#hasEnded || this.#socket.destroyed) throw new Error("the connection has ended");
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
