import type { FastifyReply, FastifyRequest } from "fastify";
import type { KubeObject } from "../../apis/meta.ts";
import type { Kind } from "../../apis/kind.ts";
import type { Authority, Identity } from "../auth/index.ts";
import type { Registry, Target } from "../registry/index.ts";
import type { Store } from "../storage/index.ts";
import type { Limits } from "./limits.ts";
import type { ResourcePath } from "./requestinfo.ts";
import type { Traffic } from "./traffic.ts";

/** Constant messages with fields, as pino takes them. */
export interface HttpLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Output of what an object runs, for its `log` subresource. Ends when `signal` does. */
export type LogSource = (
  target: Target & { object: KubeObject },
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => AsyncIterable<Uint8Array>;

/** What all routes work with. */
export interface Services {
  readonly registry: Registry;
  readonly store: Store;
  readonly log: HttpLog;
  readonly authority: Authority;
  readonly logSource?: LogSource | undefined;
  readonly limits: Limits;
  readonly traffic: Traffic;
  /** Named checks of `/readyz`; each says what is wrong, if anything is. */
  readonly checks: Readonly<Record<string, () => string | undefined>>;
}

/** One request, as far as it has been understood. */
export interface RequestContext extends Services {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Who asks. That it may has been found out before. */
  readonly identity: Identity;
}

/** A request about a kind that is served. */
export interface ResourceContext extends RequestContext {
  readonly kind: Kind;
  readonly resource: ResourcePath;
}
