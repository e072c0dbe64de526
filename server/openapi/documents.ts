import { createHash } from "node:crypto";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import { schemasOf } from "./kinds.ts";
import { META_SCHEMAS } from "./meta.ts";
import { pathsOf } from "./paths.ts";
import type { Schema } from "./schema.ts";
import { swaggerOf } from "./swagger.ts";

/** A document, and the hash by which clients keep it. */
export interface HashedDocument {
  readonly bytes: Buffer;
  readonly hash: string;
}

/** OpenAPI 3.0, as far as we write it. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: Schema;
  readonly paths: Readonly<Record<string, Schema>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Documents {
  /** By path, such as `apis/tiltish.dev/v1alpha1`. */
  readonly v3: ReadonlyMap<string, HashedDocument>;
  /** Made on first use: hardly anything asks for it. */
  v2(): HashedDocument;
}

const cache = new WeakMap<readonly Kind[], Documents>();

/** Kept until the list of kinds is another one. */
export function documentsOf(kinds: readonly Kind[]): Documents {
  const known = cache.get(kinds);
  if (known) return known;
  const fresh = buildDocuments(kinds);
  cache.set(kinds, fresh);
  return fresh;
}

function buildDocuments(kinds: readonly Kind[]): Documents {
  let v2: HashedDocument | undefined;
  return {
    v3: new Map([...byVersion(kinds)].map(([path, some]) => [path, hashed(openApiOf(some))])),
    v2: () => (v2 ??= hashed(swaggerOf(openApiOf(kinds)))),
  };
}

function byVersion(kinds: readonly Kind[]): Map<string, Kind[]> {
  const groups = new Map<string, Kind[]>();
  for (const kind of kinds) {
    const path = `${kind.group ? "apis" : "api"}/${apiVersionOf(kind)}`;
    groups.set(path, [...(groups.get(path) ?? []), kind]);
  }
  return groups;
}

/** The document of these kinds. */
const openApiOf = (kinds: readonly Kind[]): OpenApi => ({
  openapi: "3.0.0",
  info: { title: "tiltish", version: kinds.length ? kinds[0]!.version : "v1" },
  paths: Object.assign({}, ...kinds.map(pathsOf)) as Record<string, Schema>,
  components: { schemas: { ...META_SCHEMAS, ...Object.assign({}, ...kinds.map(schemasOf)) } },
});

function hashed(document: object): HashedDocument {
  const bytes = Buffer.from(JSON.stringify(document));
  return { bytes, hash: createHash("sha256").update(bytes).digest("hex").slice(0, 32).toUpperCase() };
}
