import type { CustomResourceDefinition, JsonSchema } from "../../apis/apiextensions/index.ts";
import { apiVersionOf, type Kind, type View } from "../../apis/kind.ts";
import type { KubeObject } from "../../apis/meta.ts";
import { defaulted, isEqual, readable } from "./structural/index.ts";
import { TooCostlyError, Work } from "./work.ts";

/** What is known of the objects of a definition. */
interface Objects {
  /** Revision of the definition: what was written after it was written as that says now. */
  readonly since: number;
  /** Whether there are some that were written before. */
  readonly hasOlder: boolean;
}

/**
 * A kind as it is served: objects that were written under an earlier schema, or in another version, are shown in the
 * version that was asked for, with its fields alone and with the defaults of now. So what one reads can be written.
 *
 * Most definitions never change, and have one version. Their objects are shown as the bytes that are stored.
 */
export function shownKind(
  kind: Kind,
  definition: CustomResourceDefinition,
  { since, hasOlder }: Objects,
): Kind {
  const { metadata, spec, status } = definition;
  const isUnchanged = (metadata.generation ?? 1) === 1;
  const versions = new Set([...spec.versions.map(({ name }) => name), ...(status?.storedVersions ?? [])]);
  if (isUnchanged && !hasOlder && versions.size === 1) return kind;
  const storage = spec.versions.find(({ storage }) => storage)?.name ?? kind.version;
  const { group, plural } = kind;
  const view = {
    of: { group, plural },
    ...(versions.size === 1 && { since }),
    read: reader(kind),
    write: withVersion(apiVersionOf({ group, version: storage })),
  };
  return { ...kind, view };
}

function reader(kind: Kind): View["read"] {
  const schema = kind.schema as unknown as JsonSchema;
  const apiVersion = apiVersionOf(kind);
  return (stored) => {
    const { apiVersion: version, kind: name, metadata, ...fields } = stored;
    const shown = filled(readable(fields, schema), schema);
    const isSame = isEqual(shown, fields);
    if (isSame && version === apiVersion && name === kind.kind) return stored;
    return { apiVersion, kind: kind.kind, metadata, ...(isSame ? fields : shown) };
  };
}

/** What would be far larger than any object may be is shown without. */
function filled(fields: object, schema: JsonSchema): object {
  try {
    return defaulted(fields, schema, new Work().spend) as object;
  } catch (error) {
    if (error instanceof TooCostlyError) return fields;
    throw error;
  }
}

const withVersion = (apiVersion: string) => (object: KubeObject) =>
  object.apiVersion === apiVersion ? object : { ...object, apiVersion };
