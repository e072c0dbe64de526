import { CustomResourceDefinition, kindsOf } from "../../../../apis/apiextensions/index.ts";
import { ALL_KINDS } from "../../../../apis/index.ts";
import type { Kind } from "../../../../apis/kind.ts";
import type { KubeObject } from "../../../../apis/meta.ts";
import type { Store } from "../../../../server/storage/index.ts";

const ANYTHING = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as const;

/** A definition of a kind with a status, whose objects may have any fields. */
export const definitionOf = (group: string, kind: string) => {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: group ? `${plural}.${group}` : plural },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: "Namespaced",
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", properties: { spec: ANYTHING, status: ANYTHING } } },
        },
      ],
    },
  };
};

const WORKLOADS = [
  ["", "Pod"],
  ["", "Service"],
  ["apps", "Deployment"],
  ["apps", "ReplicaSet"],
  ["batch", "Job"],
] as const;

const isReplaced = ({ group, plural }: Kind): boolean =>
  (group === "" && ["pods", "services"].includes(plural)) || group === "metrics.k8s.io";

/** What the server of a cluster for tests serves from the start: Pods and Services are views elsewhere. */
export const CLUSTER_KINDS: readonly Kind[] = ALL_KINDS.filter((kind) => !isReplaced(kind));

/**
 * Puts definitions of workloads into the store of a cluster for tests, and gives their kinds.
 *
 * The server takes none for the groups of Kubernetes itself, as Kubernetes does not. So they are written past that
 * check, and past that one alone: served, stored and watched they are like all others.
 */
export async function defineWorkloads(store: Store): Promise<Kind[]> {
  const definitions = WORKLOADS.map(([group, kind]) => established(group, kind));
  for (const definition of definitions) {
    const { group, plural } = CustomResourceDefinition;
    const key = { group, plural, namespace: "", name: definition.metadata.name };
    await store.write(key, () => ({ put: definition as unknown as KubeObject }));
  }
  return definitions.map((definition) => kindsOf(definition as unknown as CustomResourceDefinition)[0]!);
}

function established(group: string, kind: string) {
  const definition = definitionOf(group, kind);
  const { metadata, spec } = definition;
  const conditions = ["NamesAccepted", "Established"].map((type) => ({ type, status: "True" }));
  return {
    ...definition,
    metadata: { ...metadata, uid: `uid-of-${metadata.name}`, generation: 1 },
    status: { conditions, acceptedNames: spec.names, storedVersions: ["v1"] },
  };
}
