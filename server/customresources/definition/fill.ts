import {
  CUSTOM_RESOURCE_CLEANUP_FINALIZER,
  type CustomResourceDefinition,
  type DefinedNames,
} from "../../../apis/apiextensions/index.ts";
import type { ObjectMeta } from "../../../apis/meta.ts";

type Status = NonNullable<CustomResourceDefinition["status"]>;

/**
 * What the server adds to a definition in the very write that brings it: names that were left out, the finalizer, and
 * in which versions there may be objects. What is no definition is left for the schema to refuse.
 */
export function fillDefinition(metadata: ObjectMeta, fields: Record<string, unknown>): void {
  const spec = fields["spec"] as CustomResourceDefinition["spec"] | undefined;
  if (typeof spec?.names?.kind !== "string" || !Array.isArray(spec.versions)) return;
  if (!metadata.deletionTimestamp) {
    metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), CUSTOM_RESOURCE_CLEANUP_FINALIZER])];
  }
  fields["spec"] = {
    ...spec,
    names: namesOf(spec.names),
    conversion: spec.conversion ?? { strategy: "None" },
  };
  fields["status"] = withStoredVersions(spec, fields["status"] as Status | undefined);
}

const namesOf = (names: DefinedNames): DefinedNames => ({
  ...names,
  singular: names.singular || names.kind.toLowerCase(),
  listKind: names.listKind || `${names.kind}List`,
});

function withStoredVersions({ versions }: CustomResourceDefinition["spec"], status: Status = {}): Status {
  const storage = versions.find((version) => version?.storage)?.name;
  const { storedVersions = [] } = status;
  const isKnown = storage === undefined || storedVersions.includes(storage);
  return { ...status, storedVersions: isKnown ? storedVersions : [...storedVersions, storage] };
}
