import { type FieldError, invalid } from "../../apis/errors.ts";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { KubeObject, ObjectMeta } from "../../apis/meta.ts";
import { rulesOf } from "./builtin.ts";
import { metadataErrors, nameErrors } from "./metadata.ts";
import { schemaOf } from "./schema.ts";

/** What is to be stored. */
interface Next {
  metadata: ObjectMeta;
  /** Everything but apiVersion, kind and metadata; changed in place. */
  fields: Record<string, unknown>;
  /** What is stored now. */
  current?: KubeObject;
}

/**
 * The object as it will be stored: defaults filled in, every rule checked.
 *
 * @throws StatusError `Invalid`, naming every field that breaks a rule.
 */
export function validated(kind: Kind, { metadata, fields, current }: Next): KubeObject {
  const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...fields };
  const schemaErrors = schemaOf(kind).check(fields, { metadata, current });
  const errors: FieldError[] = [
    ...nameErrors(metadata.name, kind.plural === "namespaces" && kind.group === ""),
    ...metadataErrors(metadata),
    ...schemaErrors,
    // A rule of the kind may rely on what the schema promises.
    ...(schemaErrors.length === 0 ? rulesProblems(kind, { ...object, ...fields }, current) : []),
  ];
  if (errors.length > 0) throw invalid({ group: kind.group, kind: kind.kind, name: metadata.name }, errors);
  return { apiVersion: object.apiVersion, kind: kind.kind, metadata, ...fields };
}

const rulesProblems = (kind: Kind, object: KubeObject, current: KubeObject | undefined): FieldError[] => [
  ...(kind.validate?.({ ...object }) ?? []),
  ...(rulesOf(kind)?.(object, current) ?? []),
];
