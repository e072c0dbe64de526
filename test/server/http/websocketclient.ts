import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import type { Answer, TestServer } from "./harness.ts";

export const TOKEN_PROTOCOL = "base64url.bearer.authorization.k8s.io.";

interface Asked {
  protocols?: string[];
  /** Instead of the token. */
  headers?: Record<string, string>;
  /** Over TLS instead of the unix socket. */
  tls?: boolean;
}

/** A client over a WebSocket, and what it got. */
export class SocketClient {
  readonly socket: WebSocket;
  readonly messages: { data: Buffer; isBinary: boolean }[] = [];
  /** The code of the end. */
  readonly closed: Promise<number>;

  /** @throws Error with the answer, if it is one of HTTP. */
  static async open(server: TestServer, path: string, asked: Asked = {}): Promise<SocketClient> {
    const client = new SocketClient(socketTo(server, path, asked));
    await new Promise<void>((resolve, reject) => {
      client.socket.on("open", resolve);
      client.socket.on("unexpected-response", (_, answer) => void refused(answer).then(reject, reject));
    });
    return client;
  }

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => this.messages.push({ data, isBinary }));
  }

  /** What each message says. */
  get texts(): string[] {
    return this.messages.map(({ data }) => data.toString("utf8"));
  }

  /** `ADDED a`, for each. */
  get names(): string[] {
    return this.texts
      .map((text) => JSON.parse(text) as { type: string; object: { metadata?: { name?: string } } })
      .map(({ type, object }) => `${type} ${object.metadata?.name ?? ""}`.trim());
  }
}

function socketTo(server: TestServer, path: string, { protocols = [], headers, tls }: Asked): WebSocket {
  const { port } = server.http.address;
  const url = tls ? `wss://127.0.0.1:${port}${path}` : `ws+unix:${server.socketPath}:${path}`;
  const sent = headers ?? { authorization: `Bearer ${server.token}` };
  return new WebSocket(url, protocols, {
    ca: server.cert,
    headers: { ...(!tls && { host: "localhost" }), ...sent },
  });
}

/** An answer of HTTP where a WebSocket was asked for. */
export class Refused extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`${answer.status} ${answer.text}`);
    this.answer = answer;
  }
}

async function refused(response: IncomingMessage): Promise<Refused> {
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(response, "end");
  const text = Buffer.concat(chunks).toString("utf8");
  const json: unknown = text.startsWith("{") ? JSON.parse(text) : undefined;
  return new Refused({ status: response.statusCode!, headers: response.headers, text, json });
}
