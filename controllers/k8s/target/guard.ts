import { Problem } from "../problem.ts";

/** What says of a context where it leads. */
export interface Place {
  readonly context: string;
  readonly cluster: string;
  /** URL of the API server. */
  readonly server: string;
}

/** As a word of its own: `prod`, `eu-prod2`, `live.example.com`, and not `product` or `olive`. */
const PRODUCTION = /(^|[^a-z0-9])(prod\d*|production|prd\d*|live)(?=[^a-z0-9]|$)/i;

/** What tools for clusters on the own machine call theirs. */
const LOCAL =
  /^(kind-|k3d-|minikube|docker-desktop|docker-for-desktop|rancher-desktop|colima|orbstack|microk8s)/;

/**
 * Refuses a context that looks like production, unless it is named in `spec.allowContexts`.
 *
 * @throws Problem that says what to write.
 */
export function guard(place: Place, allowed: readonly string[] = []): void {
  const suspicious = suspicionOf(place);
  if (suspicious === undefined || allowed.includes(place.context)) return;
  throw new Problem(
    "ContextRefused",
    `${suspicious} looks like production, and nothing is changed there by mistake: ` +
      `choose another spec.context, or, if it is meant, set spec.allowContexts: [${JSON.stringify(place.context)}]`,
  );
}

/** What of it looks like production; nothing for a cluster on this machine. */
export function suspicionOf({ context, cluster, server }: Place): string | undefined {
  const host = hostOf(server);
  if (isNear(host) && [context, cluster].some((name) => LOCAL.test(name))) return undefined;
  if (PRODUCTION.test(context)) return `the context ${context}`;
  if (PRODUCTION.test(cluster)) return `the cluster ${cluster} of the context ${context}`;
  return PRODUCTION.test(host) ? `the server ${host} of the context ${context}` : undefined;
}

const hostOf = (server: string): string =>
  URL.canParse(server) ? new URL(server).hostname.replace(/^\[(.*)\]$/, "$1") : server;

const NEAR = [
  /^localhost$/,
  /\.(localhost|internal|local)$/,
  /^127\./,
  /^10\./,
  /^192\.168\./,
  /^172\.(1[6-9]|2\d|3[01])\./,
  /^0\.0\.0\.0$/,
  /^::1$/,
  /^f[cd][0-9a-f]{2}:/i,
];

const isNear = (host: string): boolean => NEAR.some((pattern) => pattern.test(host));
