import type { CustomResourceDefinition, JsonSchema } from "../../apis/apiextensions/index.ts";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { defaulted, hasDefaults } from "./structural/index.ts";
import { TooCostlyError, Work } from "./work.ts";

/**
 * A kind as it is served: objects that were written under an earlier schema, or in another version, are shown with the
 * defaults of now, and in the version that was asked for.
 *
 * Most definitions never change, and have one version. Their objects are shown as the bytes that are stored.
 */
export function shownKind(kind: Kind, definition: CustomResourceDefinition): Kind {
  const { metadata, spec, status } = definition;
  const isUnchanged = (metadata.generation ?? 1) === 1;
  const versions = new Set([...spec.versions.map(({ name }) => name), ...(status?.storedVersions ?? [])]);
  if (isUnchanged && versions.size === 1) return kind;
  const storage = spec.versions.find(({ storage }) => storage)?.name ?? kind.version;
  const { group, plural } = kind;
  const view = {
    of: { group, plural },
    read: reader(kind, versions.size === 1 ? Number(metadata.resourceVersion) : Infinity),
    write: withVersion(apiVersionOf({ group, version: storage })),
  };
  return { ...kind, view };
}

/** @param since revision from which on whatever is written has the defaults of this kind. */
function reader(kind: Kind, since: number): (stored: KubeObject) => KubeObject {
  const schema = kind.schema as unknown as JsonSchema;
  const inVersion = withVersion(apiVersionOf(kind));
  if (!hasDefaults(schema)) return inVersion;
  return (stored) =>
    Number(stored.metadata.resourceVersion) > since
      ? inVersion(stored)
      : withDefaults(inVersion(stored), schema);
}

/** What would be far larger than any object may be is shown as it is stored. */
function withDefaults(object: KubeObject, schema: JsonSchema): KubeObject {
  try {
    return defaulted(object, schema, new Work().spend) as KubeObject;
  } catch (error) {
    if (error instanceof TooCostlyError) return object;
    throw error;
  }
}

const withVersion = (apiVersion: string) => (object: KubeObject) =>
  object.apiVersion === apiVersion ? object : { ...object, apiVersion };
