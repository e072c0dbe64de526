import type { IncomingMessage } from "node:http";
import { badRequest, StatusError, unauthorized } from "../../apis/errors.ts";
import {
  ANONYMOUS,
  assertAllowed,
  attributesOf,
  FULL,
  type Authority,
  type Identity,
} from "../auth/index.ts";
import { bearerOf } from "./bearer.ts";
import { statusErrorOf } from "./errors.ts";

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

const identities = new WeakMap<IncomingMessage, Identity>();

/** Who asks, as the guard has found out. */
export const identityOf = (request: IncomingMessage): Identity => identities.get(request) ?? ANONYMOUS;

/**
 * The checks that come before anything of a request is read, in their order: Host, Origin, token, and whether whoever
 * has the token may do what the path names (reliability 2.2, rule 115).
 *
 * They look at the raw request: what frameworks derive from it can be led astray by forwarding headers.
 */
export function createGuard(authority: Authority): Guard {
  return (request, door) =>
    checkTarget(request) ??
    checkHost(request, door) ??
    checkOrigin(request, door) ??
    (isHealthCheck(request.url!) ? undefined : checkToken(request, authority)) ??
    checkImpersonation(request) ??
    checkRights(request);
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

function checkToken(request: IncomingMessage, authority: Authority): StatusError | undefined {
  const identity = authority.authenticate(bearerOf(request));
  if (!identity) return unauthorized();
  identities.set(request, identity);
}

/** Rule 113: never ignored, for it would be answered with more than the caller asked to see. */
function checkImpersonation({ headers }: IncomingMessage): StatusError | undefined {
  for (const name in headers) {
    if (name.startsWith("impersonate-")) return refusal("impersonation is not supported");
  }
  return undefined;
}

function checkRights(request: IncomingMessage): StatusError | undefined {
  const identity = identityOf(request);
  // Nothing is worth finding out about who may do everything, and about what everybody may see.
  if (identity === FULL || isHealthCheck(request.url!)) return undefined;
  try {
    assertAllowed(identity, attributesOf(request.method!, request.url!));
    return undefined;
  } catch (error) {
    return statusErrorOf(error);
  }
}

const refusal = (message: string): StatusError => new StatusError(403, "Forbidden", message);
