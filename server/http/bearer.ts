import type { IncomingMessage } from "node:http";

/** Browsers cannot set headers on a WebSocket: there the token comes as one of the offered subprotocols (rule 95). */
export const BEARER_PROTOCOL = "base64url.bearer.authorization.k8s.io.";

/**
 * The token that a request brings: of its Authorization header, else, for a WebSocket, of a subprotocol.
 *
 * @returns Undefined for none, and for more than one subprotocol with a token.
 */
export function bearerOf(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  return isWebSocket(request) ? tokenAmong(offeredProtocols(request)) : undefined;
}

/** Whether a request asks to become a WebSocket. HTTP/2 has no such requests. */
export const isWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === "GET" &&
  headers.upgrade?.toLowerCase() === "websocket" &&
  /(^|,)\s*upgrade\s*(,|$)/i.test(headers.connection ?? "");

/** The subprotocols that a client offers, in its order. */
export const offeredProtocols = ({ headers }: IncomingMessage): string[] =>
  (headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");

function tokenAmong(protocols: readonly string[]): string | undefined {
  const [encoded, ...others] = protocols.filter((protocol) => protocol.startsWith(BEARER_PROTOCOL));
  if (encoded === undefined || others.length > 0) return undefined;
  const text = encoded.slice(BEARER_PROTOCOL.length);
  if (!/^[\w+-]+$/.test(text)) return undefined;
  return Buffer.from(text, "base64url").toString("utf8");
}
