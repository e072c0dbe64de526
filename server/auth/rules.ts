import type { Kind } from "../../apis/kind.ts";
import { DISCOVERY_PATHS, PUBLIC_PATHS, READ_VERBS, SELF_REVIEWS } from "./authorize.ts";
import type { Identity } from "./identity.ts";

interface ResourceRule {
  verbs: readonly string[];
  apiGroups: readonly string[];
  resources: readonly string[];
}

interface PathRule {
  verbs: readonly string[];
  nonResourceURLs: readonly string[];
}

export interface Rules {
  resourceRules: ResourceRule[];
  nonResourceRules: PathRule[];
}

/** What an identity may do in a namespace, as rules of Kubernetes, which can only list what is allowed. */
export function rulesOf({ grant }: Identity, namespace: string, kinds: readonly Kind[]): Rules {
  if (grant.access === "all") {
    return withBasics([{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }], ["*"]);
  }
  if (grant.access === "none") return { resourceRules: [], nonResourceRules: [pathRule(PUBLIC_PATHS)] };
  const reads = grant.access === "read" && (grant.namespace === undefined || grant.namespace === namespace);
  if (!reads) return withBasics([]);
  if (grant.secrets) return withBasics([readRule(["*"], ["*"])]);
  return withBasics(rulesWithoutSecrets(grant.namespace === undefined ? kinds : kinds.filter(isWithin)));
}

/** What has objects in a namespace, and the Namespace, which is in itself. */
const isWithin = ({ namespaced, plural }: Kind): boolean => namespaced || plural === "namespaces";

/** Of the core group resource by resource: there is no rule for all but one. */
function rulesWithoutSecrets(kinds: readonly Kind[]): ResourceRule[] {
  const groups = new Set(kinds.map(({ group }) => group));
  groups.delete("");
  const core = kinds.filter(({ group, plural }) => group === "" && plural !== "secrets");
  const resources = core.flatMap(({ plural, subresources }) =>
    subresources.status ? [plural, `${plural}/status`] : [plural],
  );
  return [readRule([""], [...new Set([...resources, "services"])]), readRule([...groups], ["*"])];
}

const readRule = (apiGroups: readonly string[], resources: readonly string[]): ResourceRule => ({
  verbs: READ_VERBS,
  apiGroups,
  resources,
});

/** With what everybody may who is known. */
const withBasics = (resourceRules: ResourceRule[], paths?: readonly string[]): Rules => ({
  resourceRules: [
    ...resourceRules,
    ...Object.entries(SELF_REVIEWS).map(([group, resources]) => ({
      verbs: ["create"],
      apiGroups: [group],
      resources,
    })),
  ],
  nonResourceRules: [
    ...(paths ? [{ verbs: ["*"], nonResourceURLs: paths }] : []),
    pathRule([...DISCOVERY_PATHS, ...PUBLIC_PATHS]),
  ],
});

const pathRule = (paths: readonly string[]): PathRule => ({
  verbs: ["get"],
  nonResourceURLs: paths.flatMap((path) => [path, `${path}/*`]),
});
