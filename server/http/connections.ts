import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import { badRequest, StatusError } from "../../apis/errors.ts";
import { refuse, statusOf } from "./errors.ts";
import type { Limits } from "./limits.ts";

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
});

/** Makes a server answer with `answer`, and be closed in good order. */
export function serve(server: Server, answer: RequestListener, { maxConnections }: Limits): Listener {
  const sockets = new Set<Socket>();
  server.maxConnections = maxConnections;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", answer);
  // The checks come before the client is told to go on sending.
  server.on("checkContinue", answer);
  server.on("checkExpectation", (_, response) => refuse(response, unknownExpectation(), true));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    socket.end(rawAnswerTo(error));
  });
  return { server, close: () => close(server, sockets) };
}

const unknownExpectation = () => new StatusError(417, "BadRequest", "only 100-continue may be expected");

/** What cannot be read as HTTP gets a Status all the same. */
function rawAnswerTo({ code }: NodeJS.ErrnoException): string {
  const error = errorOf(code);
  const body = JSON.stringify(statusOf(error));
  const head = `HTTP/1.1 ${error.code} ${error.reason}\r\nContent-Type: application/json\r\n`;
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

function errorOf(code: string | undefined): StatusError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new StatusError(408, "Timeout", "the request was not sent in time");
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return new StatusError(431, "BadRequest", "the headers of the request are too large");
  }
  return badRequest("the request is not valid HTTP");
}

/** How long requests may take to finish. */
const CLOSE_MS = 1_000;
const IDLE_CHECK_MS = 20;

async function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
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
