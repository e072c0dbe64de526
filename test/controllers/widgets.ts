import { CustomResourceDefinition } from "../../apis/apiextensions/index.ts";
import { ALL_VERBS, type Kind } from "../../apis/kind.ts";
import type { MetadataInput } from "../../client/index.ts";
import type { AnyKind, AnyObject, Client } from "../../client/index.ts";
import { ConfigMap } from "../../apis/core/index.ts";

interface Definition {
  plural?: string;
  kind?: string;
  scope?: "Namespaced" | "Cluster";
  /** The first one is stored. */
  versions?: { name: string; served?: boolean }[];
}

/** What a client needs to know of a kind that a definition brings. */
export const kindOf = ({
  plural = "widgets",
  kind = "Widget",
  scope,
  versions,
}: Definition = {}): AnyKind => ({
  ...(ConfigMap as Kind),
  group: "example.com",
  version: versions?.[0]?.name ?? "v1",
  kind,
  plural,
  namespaced: scope !== "Cluster",
  builtIn: false,
  hasGeneration: true,
  verbs: ALL_VERBS,
});

/** Defines a kind with objects of any shape. */
export async function define(client: Client, definition: Definition = {}): Promise<AnyKind> {
  const { plural = "widgets", kind = "Widget", scope = "Namespaced" } = definition;
  const { versions = [{ name: "v1" }] } = definition;
  await client.createObject(CustomResourceDefinition, {
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: "example.com",
      names: { plural, kind },
      scope,
      versions: versions.map(({ name, served = true }, i) => ({
        name,
        served,
        storage: i === 0,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      })),
    },
  });
  return kindOf(definition);
}

export const create = (client: Client, kind: AnyKind, metadata: MetadataInput): Promise<AnyObject> =>
  client.createObject(kind, { metadata });
