import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { badRequest, StatusError, unauthorized } from "../../apis/errors.ts";

/** By which names a listener may be called. */
export interface Door {
  /** Exact values of the Host header. */
  readonly hosts: ReadonlySet<string>;
  /** Exact values of the Origin header of pages that are our own. */
  readonly origins: ReadonlySet<string>;
}

export type Guard = (request: IncomingMessage, door: Door) => StatusError | undefined;

/** Open to whoever reaches the listener: a probe has no token. */
const OPEN = /^\/(healthz|livez|readyz|version)(\/|\?|$)/;

export const isHealthCheck = (url: string): boolean => OPEN.test(url);

/**
 * The checks that come before anything of a request is read, in their order: Host, Origin, token (reliability 2.2).
 *
 * They look at the raw request: what frameworks derive from it can be led astray by forwarding headers.
 */
export function createGuard(token: string): Guard {
  const digest = digestOf(token);
  return (request, door) =>
    checkTarget(request) ??
    checkHost(request, door) ??
    checkOrigin(request, door) ??
    (isHealthCheck(request.url!) ? undefined : checkToken(request, digest)) ??
    checkImpersonation(request);
}

/** Neither `http://other/…` nor `*`. */
const checkTarget = ({ url }: IncomingMessage): StatusError | undefined =>
  url?.startsWith("/") ? undefined : badRequest("the request target must be a path");

function checkHost(request: IncomingMessage, { hosts }: Door): StatusError | undefined {
  const isOnly = countOf(request, "host") === 1;
  if (isOnly && hosts.has(request.headers.host ?? "")) return undefined;
  return refusal("the Host header is not one of this server; use the address in its kubeconfig");
}

function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.length === name.length && rawHeaders[i]!.toLowerCase() === name) count++;
  }
  return count;
}

function checkOrigin({ headers }: IncomingMessage, { origins }: Door): StatusError | undefined {
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  const isOurs = origin === undefined || origins.has(origin);
  const isSameSite = site === undefined || site === "same-origin" || site === "none";
  return isOurs && isSameSite ? undefined : refusal("requests from other web pages are refused");
}

function checkToken({ headers }: IncomingMessage, digest: Buffer): StatusError | undefined {
  const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "") ?? [];
  // Digests have one length, so that comparing them tells nothing about the token.
  return given !== undefined && timingSafeEqual(digestOf(given), digest) ? undefined : unauthorized();
}

const digestOf = (token: string): Buffer => hash("sha256", token, "buffer");

/** Rule 113: never ignored, for it would be answered with more than the caller asked to see. */
function checkImpersonation({ headers }: IncomingMessage): StatusError | undefined {
  for (const name in headers) {
    if (name.startsWith("impersonate-")) return refusal("impersonation is not supported");
  }
  return undefined;
}

const refusal = (message: string): StatusError => new StatusError(403, "Forbidden", message);
