import type { Server } from "node:http";
import {
  constants,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Limits } from "./limits.ts";

/** Watches are bounded one by one; were their sum bounded too, the slow ones of a client would be in the way of its others. */
const SESSION_MEGABYTES = 1_024;

/** Above {@link Limits.maxHeaderBytes} a request is refused in words, above this without. */
const MAX_HEADER_LIST_BYTES = 64 * 1024;

/**
 * For the constructor of a server: what one connection of HTTP/2 may ask of it. The library has its own bounds for
 * floods of settings, pings, empty frames and continued headers; each of them ends the connection.
 */
export const sessionSettings = (limits: Limits): SecureServerOptions => ({
  settings: { maxConcurrentStreams: limits.maxStreams, maxHeaderListSize: MAX_HEADER_LIST_BYTES },
  maxHeaderListPairs: limits.maxHeaders,
  maxSessionMemory: SESSION_MEGABYTES,
});

/**
 * So many requests may be given up at once, and so many per second after that: fewer than the library allows, because
 * that then stops listening, and leaves the other streams of the connection open for ever.
 */
const [MAX_RESETS, RESETS_PER_SECOND] = [500, 25];

/** How long a connection may take to end. */
const END_MS = 1_000;

/** The connections of HTTP/2 of a server. Ends those on which nothing has been asked for a while. */
export class Sessions {
  readonly #open = new Set<Session>();
  readonly #idleMs: number;

  constructor(server: Server, { keepAliveTimeoutMs }: Limits) {
    this.#idleMs = keepAliveTimeoutMs;
    let latest: TLSSocket | undefined;
    // A session does not give away its socket. It is made of the one that was secured just before.
    server.prependListener("secureConnection", (socket: TLSSocket) => (latest = socket));
    server.on("session", (session: ServerHttp2Session) => this.#tend(session, latest!));
  }

  /** Tells clients to ask elsewhere (GOAWAY), and ends each connection when its last stream has ended. */
  close(): void {
    for (const session of this.#open) session.close();
  }

  #tend(opened: ServerHttp2Session, socket: TLSSocket): void {
    const session = new Session(opened, socket, this.#idleMs);
    this.#open.add(session);
    opened.once("close", () => this.#open.delete(session));
  }
}

class Session {
  readonly #session: ServerHttp2Session;
  readonly #socket: TLSSocket;
  readonly #idle: NodeJS.Timeout;
  readonly #resets = new Allowance(MAX_RESETS, RESETS_PER_SECOND);
  #streams = 0;

  constructor(session: ServerHttp2Session, socket: TLSSocket, idleMs: number) {
    this.#session = session;
    this.#socket = socket;
    this.#idle = setTimeout(() => this.#endIfIdle(), idleMs).unref();
    session.on("stream", (stream) => this.#count(stream));
    session.once("close", () => clearTimeout(this.#idle));
  }

  close(): void {
    this.#session.close();
  }

  #count(stream: ServerHttp2Stream): void {
    this.#streams++;
    stream.once("close", () => {
      if (--this.#streams === 0) this.#idle.refresh();
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && !this.#resets.take()) {
        // Not here: the library is in the middle of what has closed the stream, and would never come back from it.
        setImmediate(() => this.#refuse());
      }
    });
  }

  #refuse(): void {
    if (this.#session.destroyed) return;
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    this.#session.destroy();
  }

  #endIfIdle(): void {
    if (this.#streams > 0) return;
    this.close();
    // It waits for a client that does not read what it was sent.
    const late = setTimeout(() => this.#socket.destroy(), END_MS).unref();
    this.#socket.once("close", () => clearTimeout(late));
  }
}

/** So many at once, and so many more with every second. */
class Allowance {
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #at = performance.now();

  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
  }

  /** Whether there was one left. */
  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
