import type { GroupVersion } from "./groups.ts";
import { groupNames } from "./plain.ts";
import type { GroupVersionKind, Resource } from "./resources.ts";

/** Versions of the aggregated form. They differ in name only. */
export type AggregatedVersion = "v2" | "v2beta1";

/** What the client must see in the answer to take it for an aggregated one; it does not look at the body. */
export const aggregatedType = (version: AggregatedVersion): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

/** `/api` (`scope` core) and `/apis` (named) with all that is below them in one document. */
export function aggregatedList(
  all: readonly GroupVersion[],
  { scope, version }: { scope: "core" | "named"; version: AggregatedVersion },
) {
  const groups = scope === "core" ? [""] : groupNames(all);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((name) => ({
      metadata: name ? { name } : {},
      versions: all.filter(({ group }) => group === name).map(versionOf),
    })),
  };
}

const versionOf = ({ group, version, resources }: GroupVersion) => ({
  version,
  resources: resources.map((resource) => resourceOf(resource, { group, version, kind: resource.kind })),
  freshness: "Current",
});

function resourceOf(resource: Resource, responseKind: GroupVersionKind) {
  const { name, namespaced, singularName, verbs, shortNames, categories, subresources } = resource;
  return {
    resource: name,
    responseKind,
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singularName,
    verbs,
    ...(shortNames.length && { shortNames }),
    ...(categories.length && { categories }),
    ...(subresources.length && {
      subresources: subresources.map(({ name: subresource, verbs, shows = responseKind }) => ({
        subresource,
        responseKind: shows,
        verbs,
      })),
    }),
  };
}
