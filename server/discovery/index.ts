import { createHash } from "node:crypto";
import type { Kind } from "../../apis/kind.ts";
import type { Kinds } from "../registry/types.ts";
import { AGGREGATED_TYPE, aggregatedList } from "./aggregated.ts";
import { coreVersions, groupDocument, groupList, groupNames, resourceList } from "./plain.ts";
import { groupVersionsOf, type GroupVersion } from "./resources.ts";

/** An answer of discovery. `etag` is there for the aggregated documents, which clients revalidate. */
export interface DiscoveryDocument {
  readonly body: object;
  readonly contentType: string;
  readonly etag?: string;
}

type Documents = ReadonlyMap<string, DiscoveryDocument>;
const AGGREGATED = "aggregated:";
const cache = new WeakMap<readonly Kind[], Documents>();

/**
 * What is served, as clients ask for it: `/`, `/api`, `/apis`, `/apis/G`, `/api/v1`, `/apis/G/V`, each with or without
 * a trailing slash. Undefined for any other path.
 *
 * @param aggregated Whether the client takes `APIGroupDiscoveryList`, which `/api` and `/apis` then answer.
 */
export function discoveryDocument(
  kinds: Kinds,
  path: string,
  aggregated: boolean,
): DiscoveryDocument | undefined {
  const documents = documentsOf(kinds.all());
  const plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  return (aggregated ? documents.get(AGGREGATED + plain) : undefined) ?? documents.get(plain);
}

/** Kept until the list of kinds is another one: they come and go rarely, and clients ask on every start. */
function documentsOf(kinds: readonly Kind[]): Documents {
  const known = cache.get(kinds);
  if (known) return known;
  const fresh = buildDocuments(groupVersionsOf(kinds));
  cache.set(kinds, fresh);
  return fresh;
}

function buildDocuments(all: readonly GroupVersion[]): Documents {
  const bodies: [string, object][] = [
    ["/api", coreVersions(all)],
    ["/apis", groupList(all)],
    ...groupNames(all).map((name): [string, object] => [`/apis/${name}`, groupDocument(all, name)]),
    ...all.map((one): [string, object] => [pathOf(one), resourceList(one)]),
  ];
  return new Map<string, DiscoveryDocument>([
    ["/", plain({ paths: [...bodies.map(([path]) => path), ...OTHER_PATHS].toSorted() })],
    ...bodies.map(([path, body]): [string, DiscoveryDocument] => [path, plain(body)]),
    [`${AGGREGATED}/api`, withEtag(aggregatedList(all, "core"))],
    [`${AGGREGATED}/apis`, withEtag(aggregatedList(all, "named"))],
  ]);
}

const OTHER_PATHS = ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"];

const pathOf = ({ group, version }: GroupVersion): string =>
  group ? `/apis/${group}/${version}` : `/api/${version}`;

const plain = (body: object): DiscoveryDocument => ({ body, contentType: "application/json" });

function withEtag(body: object): DiscoveryDocument {
  const hash = createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 32).toUpperCase();
  return { body, contentType: AGGREGATED_TYPE, etag: `"${hash}"` };
}
