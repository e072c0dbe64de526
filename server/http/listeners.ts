import { chmodSync, rmSync } from "node:fs";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { badRequest, StatusError } from "../../apis/errors.ts";
import type { HttpLog } from "./context.ts";
import { statusOf } from "./errors.ts";
import type { Door } from "./guard.ts";
import type { Limits } from "./limits.ts";
import { prepareSocketPath } from "./socket.ts";
import type { Certificate } from "./tls.ts";

/** Answers what comes through a door. */
type Handler = (door: Door) => RequestListener;

interface Listening {
  readonly handler: Handler;
  readonly limits: Limits;
  readonly log: HttpLog;
}

const PORT_TRIES = 5;

/**
 * HTTPS on both loopback addresses: were one left free, another user of the machine could take it.
 *
 * @param port 0 chooses one that is free on both.
 * @throws Error saying that the port is taken, and what to do.
 */
export async function listenOnLoopback(
  port: number,
  tls: Certificate,
  options: Listening,
): Promise<Server[]> {
  for (let tries = 1; ; tries++) {
    const first = await listenTls({ host: "127.0.0.1", port }, tls, options);
    const chosen = (first.address() as AddressInfo).port;
    try {
      return [first, await listenTls({ host: "::1", port: chosen }, tls, options)];
    } catch (error) {
      if (isMissing(error)) return withoutIpv6(first, options.log);
      await closed(first);
      if (port !== 0 || tries === PORT_TRIES || !isTaken(error)) throw error;
    }
  }
}

function withoutIpv6(first: Server, log: HttpLog): Server[] {
  log.info({}, "this machine has no IPv6 loopback; listening on 127.0.0.1 only");
  return [first];
}

interface Place {
  host: string;
  port: number;
}

async function listenTls(place: Place, tls: Certificate, { handler, limits }: Listening): Promise<Server> {
  // HTTP/1.1 only: the limits below do not exist for HTTP/2.
  const settings = { ...settingsOf(limits), minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] } as const;
  const server = createTlsServer({ ...tls, ...settings });
  server.on("tlsClientError", (_, socket) => socket.destroy());
  try {
    await listen(server, place);
  } catch (error) {
    throw isTaken(error) ? portTaken(place, error) : error;
  }
  const { port } = server.address() as AddressInfo;
  const hosts = ["localhost", "127.0.0.1", "[::1]"].map((host) => `${host}:${port}`);
  const door = { hosts: new Set(hosts), origins: new Set(hosts.map((host) => `https://${host}`)) };
  return equip(server, handler(door), limits);
}

function portTaken({ host, port }: Place, cause: unknown): Error {
  const what = `port ${port} of ${host} is already in use`;
  const error = new Error(
    `${what}; find its owner with "lsof -i :${port}", or choose another with --port (0 takes any that is free)`,
    { cause },
  );
  return Object.assign(error, { code: "EADDRINUSE" });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code;
const isTaken = (error: unknown): boolean => codeOf(error) === "EADDRINUSE";
const isMissing = (error: unknown): boolean =>
  codeOf(error) === "EADDRNOTAVAIL" || codeOf(error) === "EAFNOSUPPORT";

/** Plain HTTP on a unix socket, which only this user can open. */
export async function listenOnSocket(path: string, { handler, limits }: Listening): Promise<Server> {
  await prepareSocketPath(path);
  const server = createPlainServer(settingsOf(limits));
  await listen(server, { path });
  chmodSync(path, 0o600);
  server.once("close", () => rmSync(path, { force: true }));
  const door = { hosts: new Set(["localhost"]), origins: new Set<string>() };
  return equip(server, handler(door), limits);
}

function listen(server: Server, place: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...place, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

const settingsOf = (limits: Limits) => ({
  requestTimeout: limits.requestTimeoutMs,
  headersTimeout: limits.headersTimeoutMs,
  keepAliveTimeout: limits.keepAliveTimeoutMs,
  connectionsCheckingInterval: limits.connectionsCheckingIntervalMs,
});

function equip(server: Server, listener: RequestListener, limits: Limits): Server {
  server.maxConnections = limits.maxConnections;
  server.on("request", listener);
  // The checks come before the client is told to go on sending.
  server.on("checkContinue", listener);
  server.on("checkExpectation", (_, response) => response.writeHead(417, { connection: "close" }).end());
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    socket.end(rawAnswerTo(error));
  });
  return server;
}

/** What cannot be read as HTTP gets a Status all the same. */
function rawAnswerTo({ code }: NodeJS.ErrnoException): string {
  const error =
    code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? new StatusError(408, "Timeout", "the request was not sent in time")
      : code === "HPE_HEADER_OVERFLOW"
        ? new StatusError(431, "BadRequest", "the headers of the request are too large")
        : badRequest("the request is not valid HTTP");
  const body = JSON.stringify(statusOf(error));
  const head = `HTTP/1.1 ${error.code} ${error.reason}\r\nContent-Type: application/json\r\n`;
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

export const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => server.close(() => resolve()));
