import type { Attributes, PathAttributes, ResourceAttributes } from "./attributes.ts";
import { MASTERS, TOKEN_USER, type Grant, type Identity } from "./identity.ts";

export interface Decision {
  readonly allowed: boolean;
  /** Why it is allowed. What is not allowed needs none: nothing allows it. */
  readonly reason: string;
}

export const READ_VERBS: readonly string[] = ["get", "list", "watch"];

/** Reviews that everybody may ask about themselves, by their groups. */
export const SELF_REVIEWS: Readonly<Record<string, readonly string[]>> = {
  "authentication.k8s.io": ["selfsubjectreviews"],
  "authorization.k8s.io": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
};

/** Paths, with all that is below them, at which clients find out what is served. */
export const DISCOVERY_PATHS: readonly string[] = ["/api", "/apis", "/openapi"];

/** Paths, with all that is below them, that are for anybody: a probe has no token. */
export const PUBLIC_PATHS: readonly string[] = ["/healthz", "/livez", "/readyz", "/version"];

/** The one place that says who may do what. */
export function decide({ name, grant }: Identity, asked: Attributes): Decision {
  if (grant.access === "all") return allow(`the group ${MASTERS} may do everything`);
  if ("path" in asked && isLookingAt(asked, PUBLIC_PATHS)) return allow("everybody may");
  if (grant.access === "none") return DENIED;
  const isOpen = "path" in asked ? isDiscovery(asked) : isSelfReview(asked);
  if (isOpen) return allow("everybody who is known may");
  if (grant.access !== "read" || "path" in asked || !mayRead(grant, asked)) return DENIED;
  return allow(`token ${JSON.stringify(name.slice(TOKEN_USER.length))} may read${within(grant)}`);
}

const DENIED: Decision = { allowed: false, reason: "" };
const allow = (reason: string): Decision => ({ allowed: true, reason });

const isDiscovery = (asked: PathAttributes): boolean =>
  isLookingAt(asked, DISCOVERY_PATHS) || (isLook(asked) && asked.path === "/");

const isLookingAt = (asked: PathAttributes, paths: readonly string[]): boolean =>
  isLook(asked) && paths.some((path) => asked.path === path || asked.path.startsWith(`${path}/`));

const isLook = ({ verb }: PathAttributes): boolean => verb === "get" || verb === "head";

const isSelfReview = ({ verb, group, resource, subresource }: ResourceAttributes): boolean =>
  verb === "create" &&
  subresource === "" &&
  Object.hasOwn(SELF_REVIEWS, group) &&
  SELF_REVIEWS[group]!.includes(resource);

type ReadGrant = Extract<Grant, { access: "read" }>;

const mayRead = ({ namespace, secrets }: ReadGrant, asked: ResourceAttributes): boolean =>
  READ_VERBS.includes(asked.verb) &&
  (namespace === undefined || namespace === asked.namespace) &&
  (secrets || !includesSecrets(asked));

/** Secrets hold credentials: to read them is more than to read. */
const includesSecrets = ({ group, resource }: ResourceAttributes): boolean =>
  (group === "" || group === "*") && (resource === "secrets" || resource === "*");

const within = ({ namespace }: ReadGrant): string =>
  namespace === undefined ? "" : ` in namespace ${JSON.stringify(namespace)}`;
