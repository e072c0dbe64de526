import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { IncomingMessage } from "node:http";
import { once } from "node:events";

/** Longer than routers keep idle connections: it is they who close them, and no request meets one that is closing. */
const KEEP_ALIVE_MS = 120_000;

export interface Handlers {
  readonly request: RequestListener;
  readonly upgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
}

/** Listens, and takes requests that last: uploads and downloads of the app have no limit here but their own. */
export async function listen(
  { host, port }: { host: string; port: number },
  { request, upgrade }: Handlers,
): Promise<{ server: Server; port: number }> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, request);
  server.on("upgrade", upgrade);
  server.listen(port, host);
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
