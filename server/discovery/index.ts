import { createHash } from "node:crypto";
import type { Kind } from "../../apis/kind.ts";
import type { Kinds } from "../registry/types.ts";
import { aggregatedList, aggregatedType, type AggregatedVersion } from "./aggregated.ts";
import { type GroupVersion, groupVersionsOf } from "./groups.ts";
import { coreVersions, groupDocument, groupList, groupNames, resourceList } from "./plain.ts";
import { servedKinds } from "./virtual.ts";

export { servedKinds };

/** An answer of discovery. `etag` is there for the aggregated documents, which clients revalidate. */
export interface DiscoveryDocument {
  /** JSON. */
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly etag?: string;
}

/** By their paths; each is made when it is asked for. */
type Documents = ReadonlyMap<string, () => DiscoveryDocument>;
type Forms = Readonly<Record<"plain" | AggregatedVersion, Documents>>;

const cache = new WeakMap<readonly Kind[], Forms>();

/**
 * What is served, as clients ask for it: `/`, `/api`, `/apis`, `/apis/G`, `/api/v1`, `/apis/G/V`, each with or without
 * a trailing slash. Undefined for any other path.
 *
 * @param aggregated Whether the client takes `APIGroupDiscoveryList`, which `/api` and `/apis` then answer, and which.
 */
export function discoveryDocument(
  kinds: Kinds,
  path: string,
  aggregated?: AggregatedVersion,
): DiscoveryDocument | undefined {
  const forms = formsOf(kinds.all());
  const plain = path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
  const found = (aggregated && forms[aggregated].get(plain)) ?? forms.plain.get(plain);
  return found?.();
}

/** Kept until the list of kinds is another one: they come and go rarely, and clients ask on every start. */
function formsOf(kinds: readonly Kind[]): Forms {
  const known = cache.get(kinds);
  if (known) return known;
  const all = groupVersionsOf(servedKinds(kinds));
  const fresh = {
    plain: plainDocuments(all),
    v2: aggregatedDocuments(all, "v2"),
    v2beta1: aggregatedDocuments(all, "v2beta1"),
  };
  cache.set(kinds, fresh);
  return fresh;
}

function plainDocuments(all: readonly GroupVersion[]): Documents {
  const bodies: [string, () => object][] = [
    ["/api", () => coreVersions(all)],
    ["/apis", () => groupList(all)],
    ...groupNames(all).map((name): [string, () => object] => [
      `/apis/${name}`,
      () => groupDocument(all, name),
    ]),
    ...all.map((one): [string, () => object] => [pathOf(one), () => resourceList(one)]),
  ];
  const paths = [...bodies.map(([path]) => path), ...OTHER_PATHS].toSorted();
  return new Map([
    ["/", once(() => plain({ paths }))],
    ...bodies.map(([path, body]): [string, () => DiscoveryDocument] => [path, once(() => plain(body()))]),
  ]);
}

const aggregatedDocuments = (all: readonly GroupVersion[], version: AggregatedVersion): Documents =>
  new Map([
    ["/api", once(() => withEtag(aggregatedList(all, { scope: "core", version }), version))],
    ["/apis", once(() => withEtag(aggregatedList(all, { scope: "named", version }), version))],
  ]);

const OTHER_PATHS = ["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"];

const pathOf = ({ group, version }: GroupVersion): string =>
  group ? `/apis/${group}/${version}` : `/api/${version}`;

const bytesOf = (body: object): Buffer => Buffer.from(JSON.stringify(body));

const plain = (body: object): DiscoveryDocument => ({
  bytes: bytesOf(body),
  contentType: "application/json",
});

function withEtag(body: object, version: AggregatedVersion): DiscoveryDocument {
  const bytes = bytesOf(body);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 32).toUpperCase();
  return { bytes, contentType: aggregatedType(version), etag: `"${hash}"` };
}

/** Made at the first call. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
