import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Where requests go: a unix socket, or HTTPS on a port of 127.0.0.1. */
export interface Door {
  socketPath?: string;
  port?: number;
  ca?: string;
  token?: string;
}

export interface Answer {
  status: number;
  bytes: number;
  chunks: readonly Buffer[];
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * One HTTP/1.1 connection, one request at a time.
 *
 * It understands just what the servers measured here answer. The load shares the machine with the server, so it has
 * to cost as little as can be.
 */
export class Wire {
  readonly #socket: Socket;
  readonly #headers: string;
  #waiting: Waiting | undefined;
  #head: Buffer | undefined;
  #answer: { status: number; bytes: number; chunks: Buffer[]; left: number } | undefined;

  static open(door: Door): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = socketTo(door);
      socket.once(door.port === undefined ? "connect" : "secureConnect", () =>
        resolve(new Wire(socket, door)),
      );
      socket.once("error", reject);
    });
  }

  private constructor(socket: Socket, { port, token }: Door) {
    const host = port === undefined ? "localhost" : `127.0.0.1:${port}`;
    this.#headers = `host: ${host}\r\n${token === undefined ? "" : `authorization: Bearer ${token}\r\n`}`;
    this.#socket = socket.setNoDelay(true);
    socket.removeAllListeners("error");
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** @throws Error if the answer is 400 or above. */
  async request(method: string, path: string, body?: string): Promise<Answer> {
    const answer = await this.#send(method, path, body);
    if (answer.status < 400) return answer;
    const text = Buffer.concat(answer.chunks).toString("utf8").slice(0, 500);
    throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  }

  async json<T>(path: string): Promise<T> {
    const { chunks } = await this.request("GET", path);
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as T;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #send(method: string, path: string, body?: string): Promise<Answer> {
    if (this.#waiting) throw new Error("one request at a time");
    if (this.#socket.destroyed) throw new Error("the connection is closed");
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const content =
      body === undefined
        ? "\r\n"
        : `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#headers}${content}`);
    });
  }

  #take(chunk: Buffer): void {
    const answer = this.#answer;
    if (!answer) return this.#takeHead(chunk);
    answer.chunks.push(chunk);
    answer.left -= chunk.length;
    if (answer.left <= 0) this.#done();
  }

  #takeHead(chunk: Buffer): void {
    const all = this.#head ? Buffer.concat([this.#head, chunk]) : chunk;
    const at = all.indexOf("\r\n\r\n");
    this.#head = at < 0 ? all : undefined;
    if (at < 0) return;
    const head = all.toString("latin1", 0, at);
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
    if (length === undefined) return this.#fail(new Error(`an answer of unknown length: ${head}`));
    const bytes = Number(length);
    this.#answer = { status: Number(head.slice(9, 12)), bytes, chunks: [], left: bytes };
    const rest = all.subarray(at + 4);
    if (rest.length > 0) this.#take(rest);
    else if (bytes === 0) this.#done();
  }

  #done(): void {
    const [waiting, answer] = [this.#waiting, this.#answer];
    this.#waiting = undefined;
    this.#answer = undefined;
    if (answer) waiting?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.#socket.destroy();
  }
}

function socketTo({ socketPath, port, ca }: Door): Socket {
  if (socketPath !== undefined) return connect(socketPath);
  return connectTls({ host: "127.0.0.1", port: port!, ca });
}
