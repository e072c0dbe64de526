import { CustomResourceDefinition } from "../../apis/apiextensions/index.ts";
import { ALL_VERBS } from "../../apis/kind.ts";
import {
  dynamicKind,
  type AnyKind,
  type AnyObject,
  type Client,
  type MetadataInput,
} from "../../client/index.ts";

interface Definition {
  plural?: string;
  kind?: string;
  scope?: "Namespaced" | "Cluster";
  /** The first one is stored. */
  versions?: { name: string; served?: boolean }[];
}

/** What a client needs to know of a kind that a definition brings. */
export const kindOf = ({ plural = "widgets", kind = "Widget", scope, versions }: Definition = {}): AnyKind =>
  dynamicKind({
    group: "example.com",
    version: versions?.[0]?.name ?? "v1",
    kind,
    singular: kind.toLowerCase(),
    plural,
    short: [],
    categories: [],
    namespaced: scope !== "Cluster",
    verbs: ALL_VERBS,
    subresources: [],
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
