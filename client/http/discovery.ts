import type { ResourceRef } from "../../apis/transport.ts";
import type { AnyKind } from "../kinds.ts";
import type { HttpTransport } from "./transport.ts";

/** A kind as the server describes it in discovery. */
export interface DiscoveredKind extends ResourceRef {
  kind: string;
  singular: string;
  short: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  verbs: readonly string[];
  subresources: readonly string[];
}

const ACCEPT = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(",");

interface Document {
  items: { metadata: { name?: string }; versions: { version: string; resources?: Discovered[] }[] }[];
}

interface Discovered {
  resource: string;
  responseKind: { kind: string };
  scope: "Cluster" | "Namespaced";
  singularResource: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { subresource: string }[];
}

/** Every kind that is served, in the order of preference: the core kinds lie under `/api`, all others under `/apis`. */
export async function discoverKinds(transport: HttpTransport): Promise<DiscoveredKind[]> {
  const documents = await Promise.all(["/api", "/apis"].map((path) => read(transport, path)));
  return documents.flatMap(kindsIn);
}

async function read(transport: HttpTransport, path: string): Promise<Document> {
  const { body } = await transport.request("GET", path, { headers: { accept: ACCEPT } });
  return JSON.parse(body.toString("utf8")) as Document;
}

function kindsIn({ items }: Document): DiscoveredKind[] {
  return items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((resource) => kindOf(resource, metadata.name ?? "", version)),
    ),
  );
}

const kindOf = (resource: Discovered, group: string, version: string): DiscoveredKind => ({
  group,
  version,
  plural: resource.resource,
  kind: resource.responseKind.kind,
  singular: resource.singularResource || resource.responseKind.kind.toLowerCase(),
  short: resource.shortNames ?? [],
  categories: resource.categories ?? [],
  namespaced: resource.scope === "Namespaced",
  verbs: resource.verbs,
  subresources: (resource.subresources ?? []).map(({ subresource }) => subresource),
});

/** A kind of which nothing is known but what discovery says: its objects may have any fields. */
export const dynamicKind = ({ subresources, ...discovered }: DiscoveredKind): AnyKind => ({
  ...discovered,
  builtIn: false,
  // Who has a status has a generation that it describes.
  hasGeneration: subresources.includes("status"),
  subresources: { status: subresources.includes("status"), log: subresources.includes("log") },
  schema: { type: "object", properties: {}, required: [] } as unknown as AnyKind["schema"],
  columns: [],
  selectableFields: {},
  description: "",
});
