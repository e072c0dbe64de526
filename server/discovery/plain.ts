import { apiVersionOf } from "../../apis/kind.ts";
import type { GroupVersion } from "./groups.ts";
import type { Resource } from "./resources.ts";

/** `/api`: the versions of the core group. Addresses are left to the client, which knows how it came here. */
export const coreVersions = (all: readonly GroupVersion[]) => ({
  kind: "APIVersions",
  versions: all.filter(({ group }) => group === "").map(({ version }) => version),
  serverAddressByClientCIDRs: [],
});

/** `/apis`: every named group. */
export const groupList = (all: readonly GroupVersion[]) => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groupNames(all).map((group) => groupOf(all, group)),
});

/** `/apis/G`. */
export const groupDocument = (all: readonly GroupVersion[], group: string) => ({
  kind: "APIGroup",
  apiVersion: "v1",
  ...groupOf(all, group),
});

/** `/api/v1` and `/apis/G/V`. */
export const resourceList = (groupVersion: GroupVersion) => ({
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: apiVersionOf(groupVersion),
  resources: groupVersion.resources.flatMap(entriesOf),
});

/** The named groups, each once. */
export const groupNames = (all: readonly GroupVersion[]): string[] => [
  ...new Set(all.map(({ group }) => group).filter(Boolean)),
];

function groupOf(all: readonly GroupVersion[], name: string) {
  const versions = all
    .filter(({ group }) => group === name)
    .map((one) => ({ groupVersion: apiVersionOf(one), version: one.version }));
  return { name, versions, preferredVersion: versions[0] };
}

/** The resource, then each of its subresources as an entry of its own. */
function entriesOf({ shortNames, categories, subresources, storageVersionHash, ...main }: Resource) {
  const { kind, namespaced } = main;
  return [
    {
      ...main,
      ...(shortNames.length && { shortNames }),
      ...(categories.length && { categories }),
      ...(storageVersionHash && { storageVersionHash }),
    },
    ...subresources.map(({ name, verbs, shows = { kind } }) => ({
      name: `${main.name}/${name}`,
      singularName: "",
      namespaced,
      ...shows,
      verbs,
    })),
  ];
}
