import { groupNames } from "./plain.ts";
import type { GroupVersion, Resource } from "./resources.ts";

/** What the client must see in the answer to take it for an aggregated one; it does not look at the body. */
export const AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** `/api` (`scope` core) and `/apis` (named) with all that is below them in one document. */
export function aggregatedList(all: readonly GroupVersion[], scope: "core" | "named") {
  const groups = scope === "core" ? [""] : groupNames(all);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((name) => ({
      metadata: name ? { name } : {},
      versions: all.filter(({ group }) => group === name).map(versionOf),
    })),
  };
}

const versionOf = ({ group, version, resources }: GroupVersion) => ({
  version,
  freshness: "Current",
  resources: resources.map((resource) => resourceOf(resource, { group, version })),
});

function resourceOf(resource: Resource, at: { group: string; version: string }) {
  const { name, kind, namespaced, singularName, verbs, shortNames, categories, subresources } = resource;
  const responseKind = { ...at, kind };
  return {
    resource: name,
    responseKind,
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singularName,
    verbs,
    ...(shortNames.length && { shortNames }),
    ...(categories.length && { categories }),
    ...(subresources.length && {
      subresources: subresources.map((sub) => ({ subresource: sub.name, responseKind, verbs: sub.verbs })),
    }),
  };
}
