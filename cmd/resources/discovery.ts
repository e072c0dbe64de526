import type { HttpTransport } from "../../client/http/index.ts";
import { ResourceTypes, type ResourceType } from "./types.ts";

const ACCEPT = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(",");

interface Discovery {
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

/** Asks for everything at once: the core kinds lie under `/api`, all others under `/apis`. */
export async function loadResourceTypes(transport: HttpTransport): Promise<ResourceTypes> {
  const documents = await Promise.all(["/api", "/apis"].map((path) => discover(transport, path)));
  return new ResourceTypes(documents.flatMap(typesIn));
}

async function discover(transport: HttpTransport, path: string): Promise<Discovery> {
  const { body } = await transport.request("GET", path, { headers: { accept: ACCEPT } });
  return JSON.parse(body.toString("utf8")) as Discovery;
}

function typesIn({ items }: Discovery): ResourceType[] {
  return items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((resource) => typeOf(resource, metadata.name ?? "", version)),
    ),
  );
}

const typeOf = (resource: Discovered, group: string, version: string): ResourceType => ({
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
