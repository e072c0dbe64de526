import { chmodSync, rmSync } from "node:fs";
import { createServer as createPlainServer, type RequestListener, type Server } from "node:http";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { connectionSettings, serve, type Listener } from "./connections.ts";
import type { HttpLog } from "./context.ts";
import type { Door } from "./guard.ts";
import type { Limits } from "./limits.ts";
import { sessionSettings } from "./sessions.ts";
import { prepareSocketPath } from "./socket.ts";
import type { Certificate } from "./tls.ts";
import { UpgradableMessage } from "./upgrade.ts";

interface Listening {
  /** Answers what comes through a door. */
  readonly answer: (door: Door) => RequestListener;
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
): Promise<Listener[]> {
  for (let tries = 1; ; tries++) {
    const first = await listenTls({ host: "127.0.0.1", port }, tls, options);
    try {
      return [first, await listenTls({ host: "::1", port: portOf(first) }, tls, options)];
    } catch (error) {
      if (isMissing(error)) return withoutIpv6(first, options.log);
      await first.close();
      if (port !== 0 || tries === PORT_TRIES || !isTaken(error)) throw error;
    }
  }
}

export const portOf = ({ server }: Listener): number => (server.address() as AddressInfo).port;

function withoutIpv6(first: Listener, log: HttpLog): Listener[] {
  log.info({}, "this machine has no IPv6 loopback; listening on 127.0.0.1 only");
  return [first];
}

interface Place {
  host: string;
  port: number;
}

async function listenTls(place: Place, tls: Certificate, { answer, limits }: Listening): Promise<Listener> {
  const server = createTlsServer(tls, limits);
  try {
    await listen(server, place);
  } catch (error) {
    throw isTaken(error) ? portTaken(place, error) : error;
  }
  const { port } = server.address() as AddressInfo;
  const hosts = ["localhost", "127.0.0.1", "[::1]"].map((host) => `${host}:${port}`);
  const door = { hosts: new Set(hosts), origins: new Set(hosts.map((host) => `https://${host}`)) };
  return serve(server, answer(door), limits);
}

/** Rule 20: HTTP/2 for who offers it, so that all watches of a client share one connection; else HTTP/1.1. */
function createTlsServer(tls: Certificate, limits: Limits): Server {
  const server = createSecureServer({
    ...tls,
    ...sessionSettings(limits),
    allowHTTP1: true,
    Http1IncomingMessage: UpgradableMessage,
    noDelay: true,
    handshakeTimeout: limits.headersTimeoutMs,
    minVersion: "TLSv1.2",
  });
  // For connections of HTTP/1.1 it is all that a server of node:http is, but takes these only afterwards.
  return Object.assign(server as unknown as Server, connectionSettings(limits));
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
export async function listenOnSocket(path: string, { answer, limits }: Listening): Promise<Listener> {
  await prepareSocketPath(path);
  const server = createPlainServer({ ...connectionSettings(limits), IncomingMessage: UpgradableMessage });
  await listen(server, { path });
  chmodSync(path, 0o600);
  server.once("close", () => rmSync(path, { force: true }));
  const door = { hosts: new Set(["localhost"]), origins: new Set<string>() };
  return serve(server, answer(door), limits);
}

function listen(server: Server, place: Place | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...place, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
