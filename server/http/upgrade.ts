import { IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { isWebSocket } from "./bearer.ts";
import { isHttp2 } from "./protocol.ts";

const ASKED = Symbol("asked");

/**
 * A request that says by itself whether it may become something else. Node takes every request that asks for it out
 * of the usual handling, body and all, once a server handles upgrades; a server may as well not heed it.
 */
export class UpgradableMessage extends IncomingMessage {
  declare [ASKED]: boolean | null;

  get upgrade(): boolean {
    return this[ASKED] === true && (this.method === "CONNECT" || isWebSocket(this));
  }

  set upgrade(asked: boolean | null) {
    this[ASKED] = asked;
  }
}

/** What a connection has to become a WebSocket with. */
export interface Upgrade {
  readonly socket: Socket;
  /** What the client has sent already. */
  readonly head: Buffer;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** Undefined if the request does not ask to become a WebSocket. */
export const upgradeOf = (request: IncomingMessage): Upgrade | undefined => upgrades.get(request);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Has requests that ask to become a WebSocket answered like all others: by the same checks, in the same order, and
 * with an answer of HTTP as long as they have become none. So are those that ask for a tunnel, which get none.
 */
export function takeUpgrades(server: Server, answer: Answer): void {
  const take = (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const socket = duplex as Socket;
    // Node does not look after such a connection any more.
    socket.on("error", () => socket.destroy());
    upgrades.set(request, { socket, head });
    whenFree(socket, () => answer(request, responseOn(socket, request)));
  };
  server.on("upgrade", take);
  server.on("connect", (request: IncomingMessage, way: Duplex, head: Buffer) => {
    // Over HTTP/2 it is a request among others, and comes with its answer.
    if (isHttp2(request)) answer(request, way as unknown as ServerResponse);
    else take(request, way, head);
  });
}

/** A client may ask before all of the answers before have gone out; a connection has one at a time. */
function whenFree(socket: Socket & { _httpMessage?: ServerResponse | null }, act: () => void): void {
  if (socket.destroyed) return;
  const before = socket._httpMessage;
  if (before) before.once("close", () => whenFree(socket, act));
  else act();
}

function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once("finish", () => socket.destroySoon());
  return response;
}
