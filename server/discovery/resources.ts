import type { Kind } from "../../apis/kind.ts";

/** What discovery tells of one resource, in either form. */
export interface Resource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
}

interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
}

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly Resource[];
}

const resource = (kind: string, name: string, verbs: readonly string[]): Resource => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced: false,
  kind,
  verbs,
  shortNames: [],
  categories: [],
  subresources: [],
});

/** What tools look for although nothing of it is stored: an empty list of services, and reviews of oneself. */
const VIRTUAL: readonly GroupVersion[] = [
  {
    group: "",
    version: "v1",
    resources: [
      { ...resource("Service", "services", ["get", "list"]), namespaced: true, shortNames: ["svc"] },
    ],
  },
  {
    group: "authorization.k8s.io",
    version: "v1",
    resources: [
      resource("SelfSubjectAccessReview", "selfsubjectaccessreviews", ["create"]),
      resource("SelfSubjectRulesReview", "selfsubjectrulesreviews", ["create"]),
    ],
  },
  {
    group: "authentication.k8s.io",
    version: "v1",
    resources: [resource("SelfSubjectReview", "selfsubjectreviews", ["create"])],
  },
];

/** Every group version with its resources, in the order in which kinds name them. */
export function groupVersionsOf(kinds: readonly Kind[]): readonly GroupVersion[] {
  const stored = kinds.map((kind) => ({
    group: kind.group,
    version: kind.version,
    resources: [resourceOf(kind)],
  }));
  const merged = new Map<string, GroupVersion>();
  for (const next of [...stored, ...VIRTUAL]) {
    const key = `${next.group}/${next.version}`;
    const resources = [...(merged.get(key)?.resources ?? []), ...next.resources];
    merged.set(key, { ...next, resources });
  }
  return [...merged.values()];
}

const resourceOf = (kind: Kind): Resource => ({
  name: kind.plural,
  singularName: kind.singular,
  namespaced: kind.namespaced,
  kind: kind.kind,
  verbs: kind.verbs,
  shortNames: kind.short,
  categories: kind.categories,
  subresources: [
    ...(kind.subresources.status ? [{ name: "status", verbs: ["get", "patch", "update"] }] : []),
    ...(kind.subresources.log ? [{ name: "log", verbs: ["get"] }] : []),
  ],
});
