import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { badRequest, StatusError } from "../../apis/errors.ts";
import { refuse, tooSlow } from "./errors.ts";
import { commonHeaders } from "./headers.ts";
import type { Limits } from "./limits.ts";
import { hasBody, headerBytesOf, isGone, isHttp2, nameHost } from "./protocol.ts";
import { Sessions } from "./sessions.ts";
import { takeUpgrades } from "./upgrade.ts";

/** A server that listens, and its end. */
export interface Listener {
  readonly server: Server;
  /** Lets requests finish for a moment, then closes every connection. */
  close(): Promise<void>;
}

/** For the constructor of a server: nobody may hold a connection without using it (reliability 2.3). */
export const connectionSettings = (limits: Limits) => ({
  requestTimeout: limits.requestTimeoutMs,
  headersTimeout: limits.headersTimeoutMs,
  keepAliveTimeout: limits.keepAliveTimeoutMs,
  connectionsCheckingInterval: limits.connectionsCheckingIntervalMs,
  // It is looked at here, so that who sends none is told in a Status.
  requireHostHeader: false,
});

/** Makes a server answer with `answer`, and be closed in good order. */
export function serve(server: Server, answer: RequestListener, limits: Limits): Listener {
  const sockets = new Set<Socket>();
  const sessions = new Sessions(server, limits);
  server.maxConnections = limits.maxConnections;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("secureConnection", readInTurn);
  const listener = overHttp2(answer, limits);
  server.on("request", listener);
  // The checks come before the client is told to go on sending.
  server.on("checkContinue", listener);
  server.on("checkExpectation", (_, response) => refuse(response, unknownExpectation(), true));
  takeUpgrades(server, listener);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!isHttpError(error) || !socket.writable) return void socket.destroy();
    socket.end(rawAnswerTo(error));
  });
  return { server, close: () => close(server, sessions, sockets) };
}

/**
 * Has what comes over TLS handed on by the stream, and not by the handle under it: while an answer is being sent, the
 * parser of HTTP/1.1 is paused, but the handle goes on with what it has decrypted already, which is then taken for a
 * broken request. A client that sends a large body right after a large answer would be cut off.
 */
function readInTurn(socket: Socket & { alpnProtocol?: string | false | null }): void {
  if (socket.alpnProtocol === "h2") return;
  socket.on("data", nothing); // Node lets go of the handle when somebody listens
  socket.off("data", nothing);
}

const nothing = () => undefined;

/** A request of HTTP/2 is shown as one of HTTP/1.1; that it is none matters to few, who ask {@link isHttp2}. */
const overHttp2 =
  (answer: RequestListener, { maxHeaderBytes }: Limits) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    if (isGone(response)) return;
    if (!isHttp2(request))
      return hasHost(request) ? answer(request, response) : refuse(response, noHost(), true);
    if (headerBytesOf(request) > maxHeaderBytes) return refuse(response, tooLargeHeaders(), hasBody(request));
    nameHost(request);
    answer(request, response);
  };

const hasHost = ({ headers }: IncomingMessage): boolean => headers.host !== undefined;

const noHost = () => badRequest("the request must have a Host header");

const tooLargeHeaders = () => new StatusError(431, "BadRequest", "the headers of the request are too large");

const unknownExpectation = () => new StatusError(417, "BadRequest", "only 100-continue may be expected");

/** Of a request, not of the connection under it: to that there is nothing to say. */
const isHttpError = ({ code = "" }: NodeJS.ErrnoException): boolean =>
  code.startsWith("HPE_") || code === "ERR_HTTP_REQUEST_TIMEOUT";

/** What cannot be read as HTTP gets a Status all the same. */
function rawAnswerTo({ code }: NodeJS.ErrnoException): string {
  const error = errorOf(code);
  const body = JSON.stringify(error.toStatus());
  const headers = {
    ...commonHeaders(randomUUID()),
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${error.code} ${error.reason}`, ...lines, "", body].join("\r\n");
}

function errorOf(code: string | undefined): StatusError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return tooSlow();
  if (code === "HPE_HEADER_OVERFLOW") return tooLargeHeaders();
  return badRequest("the request is not valid HTTP");
}

/** How long requests may take to finish. */
const CLOSE_MS = 1_000;
const IDLE_CHECK_MS = 20;

async function close(server: Server, sessions: Sessions, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  sessions.close();
  // Connections become idle as their requests finish.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  // Not `closeAllConnections`: it does not know those that are still shaking hands.
  const late = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, CLOSE_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}
