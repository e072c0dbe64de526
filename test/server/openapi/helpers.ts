import { ALL_KINDS } from "../../../apis/index.ts";
import { openApiDocument } from "../../../server/openapi/index.ts";
import type { Kinds } from "../../../server/registry/types.ts";

export type Json = Record<string, unknown>;

export const KINDS: Kinds = { find: () => undefined, all: () => ALL_KINDS };

export const get = (path: string, query: Record<string, string> = {}) =>
  openApiDocument(KINDS, path, new URLSearchParams(query));

/** The document of a group version, such as `apis/tiltish.dev/v1alpha1`, read as a client does. */
export const documentAt = (groupVersion: string, path = `/openapi/v3/${groupVersion}`): Json =>
  JSON.parse((get(path)!.body as Buffer).toString()) as Json;

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
