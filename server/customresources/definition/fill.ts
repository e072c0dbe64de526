import {
  CUSTOM_RESOURCE_CLEANUP_FINALIZER,
  type CustomResourceDefinition,
  type DefinedNames,
  type DefinitionCondition,
} from "../../../apis/apiextensions/index.ts";
import type { ObjectMeta } from "../../../apis/meta.ts";
import { nowSeconds } from "../../clock.ts";

type Status = NonNullable<CustomResourceDefinition["status"]>;

/**
 * What the server adds to a definition in the very write that brings it: names that were left out, the finalizer, and
 * a status that says that it is served. What is no definition is left for the schema to refuse.
 */
export function fillDefinition(metadata: ObjectMeta, fields: Record<string, unknown>): void {
  const spec = fields["spec"] as CustomResourceDefinition["spec"] | undefined;
  if (typeof spec?.names?.kind !== "string" || !Array.isArray(spec.versions)) return;
  if (!metadata.deletionTimestamp) {
    metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), CUSTOM_RESOURCE_CLEANUP_FINALIZER])];
  }
  const names = namesOf(spec.names);
  fields["spec"] = { ...spec, names, conversion: spec.conversion ?? { strategy: "None" } };
  fields["status"] = statusOf(spec, names, fields["status"] as Status | undefined);
}

const namesOf = (names: DefinedNames): DefinedNames => ({
  ...names,
  singular: names.singular || names.kind.toLowerCase(),
  listKind: names.listKind || `${names.kind}List`,
});

function statusOf(
  { versions }: CustomResourceDefinition["spec"],
  names: DefinedNames,
  current: Status | undefined,
): Status {
  const storage = versions.find((version) => version?.storage)?.name;
  const stored = current?.storedVersions ?? [];
  return {
    ...current,
    acceptedNames: names,
    conditions: current?.conditions ?? accepted(nowSeconds()),
    storedVersions: storage === undefined || stored.includes(storage) ? stored : [...stored, storage],
  };
}

const accepted = (lastTransitionTime: string): DefinitionCondition[] => [
  {
    type: "NamesAccepted",
    status: "True",
    lastTransitionTime,
    reason: "NoConflicts",
    message: "no conflicts found",
  },
  {
    type: "Established",
    status: "True",
    lastTransitionTime,
    reason: "InitialNamesAccepted",
    message: "the initial names have been accepted",
  },
];
