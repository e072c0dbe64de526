import { ALL_KINDS } from "../../../apis/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import { servedKinds } from "../../../server/discovery/index.ts";
import { openApiDocument } from "../../../server/openapi/index.ts";
import type { Kinds } from "../../../server/registry/types.ts";

export type Json = Record<string, unknown>;

const KINDS: Kinds = { find: () => undefined, all: () => ALL_KINDS };

interface Asked {
  query?: Record<string, string>;
  accept?: string;
  kinds?: readonly Kind[];
}

export const get = (path: string, { query, accept, kinds = ALL_KINDS }: Asked = {}) =>
  openApiDocument({ ...KINDS, all: () => kinds }, { path, query: new URLSearchParams(query), accept });

/** Everything that documents tell of: what is stored, and what is only answered. */
export const SERVED = servedKinds(ALL_KINDS);

export const jsonAt = (path: string, asked: Asked = {}): Json =>
  JSON.parse(get(path, asked)!.bytes().toString()) as Json;

/** The document of a group version, such as `apis/tiltish.dev/v1alpha1`, read as a client does. */
export const documentAt = (groupVersion: string, asked: Asked = {}): Json =>
  jsonAt(`/openapi/v3/${groupVersion}`, asked);

export const schemasAt = (groupVersion: string, asked: Asked = {}): Record<string, Json> =>
  (documentAt(groupVersion, asked).components as Json).schemas as Record<string, Json>;

export const definitionsOf = (kinds: readonly Kind[]): Record<string, Json> =>
  jsonAt("/openapi/v2", { kinds }).definitions as Record<string, Json>;

const METHODS = ["get", "post", "put", "patch", "delete"];

/** The methods at each path. */
export const methodsAt = (groupVersion: string, asked: Asked = {}): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(documentAt(groupVersion, asked).paths as Record<string, Json>).map(([path, item]) => [
      path,
      METHODS.filter((method) => method in item),
    ]),
  );

export const operationsAt = (groupVersion: string, asked: Asked = {}): Json[] =>
  Object.values(documentAt(groupVersion, asked).paths as Record<string, Json>).flatMap((item) =>
    METHODS.filter((method) => method in item).map((method) => item[method] as Json),
  );

/** A kind as a CustomResourceDefinition makes it, with a structural schema. */
export const custom = (schema: object, more: Partial<Kind> = {}): Kind => ({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  singular: "widget",
  short: [],
  categories: [],
  namespaced: true,
  builtIn: false,
  hasGeneration: true,
  subresources: { status: true, log: false },
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  schema: schema as Kind["schema"],
  columns: [],
  selectableFields: {},
  description: "A widget.",
  custom: { definition: { uid: "1", generation: 1 }, isTerminating: false },
  ...more,
});

/** Every value that stands under this key, however deep. */
export function everyValue(from: unknown, key: string): unknown[] {
  if (typeof from !== "object" || from === null) return [];
  return Object.entries(from).flatMap(([name, value]) => [
    ...(name === key ? [value] : []),
    // Fields of objects may be called like keywords.
    ...(name === "properties"
      ? Object.values(value as Json).flatMap((one) => everyValue(one, key))
      : everyValue(value, key)),
  ]);
}
