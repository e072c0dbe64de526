import type { FieldError } from "../../apis/errors.ts";
import type { ObjectMeta, OwnerReference } from "../../apis/meta.ts";
import { type Schema, prune } from "./prune.ts";

const strings: Schema = { patternProperties: { "": { type: "string" } } };
const anything: Schema = {};
const text: Schema = { type: "string" };

const owner: Schema = {
  properties: {
    apiVersion: text,
    kind: text,
    name: text,
    uid: text,
    controller: anything,
    blockOwnerDeletion: anything,
  },
};

const schema: Schema = {
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    uid: text,
    resourceVersion: text,
    generation: anything,
    creationTimestamp: text,
    deletionTimestamp: text,
    deletionGracePeriodSeconds: anything,
    labels: strings,
    annotations: strings,
    finalizers: { items: text },
    ownerReferences: { items: owner },
    managedFields: anything,
    selfLink: text,
  },
};

/** A copy of a metadata object with only the fields that it may have. */
export const pruneMetadata = (metadata: object, unknown: string[]): ObjectMeta =>
  prune(metadata, schema, "metadata", unknown) as ObjectMeta;

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/;
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

const bad = (field: string, value: unknown, why: string): FieldError => ({
  field,
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});

/** Rule 45: what an object may be called. A Namespace has the shorter alphabet of a DNS label. */
export function nameErrors(name: string, isNamespace: boolean): FieldError[] {
  const [pattern, limit, what] = isNamespace ? [LABEL, 63, "label"] : [SUBDOMAIN, 253, "subdomain"];
  if (typeof name === "string" && name.length <= limit && pattern.test(name)) return [];
  const why = `a lowercase RFC 1123 ${what} must consist of lower case alphanumeric characters, '-'${
    isNamespace ? "" : " or '.'"
  }, start and end with an alphanumeric character, and be at most ${limit} long`;
  return [bad("metadata.name", name, why)];
}

/** Rule 49: labels, annotations, finalizers and owner references. */
export function metadataErrors(metadata: ObjectMeta): FieldError[] {
  return [
    ...mapErrors(metadata.labels, "metadata.labels", LABEL_VALUE),
    ...mapErrors(metadata.annotations, "metadata.annotations"),
    ...annotationSize(metadata.annotations),
    ...finalizerErrors(metadata.finalizers),
    ...ownerErrors(metadata.ownerReferences),
  ];
}

function mapErrors(map: unknown, field: string, values?: RegExp): FieldError[] {
  if (map === undefined) return [];
  if (typeof map !== "object" || map === null || Array.isArray(map))
    return [bad(field, map, "must be a map of strings")];
  return Object.entries(map).flatMap(([key, value]) => {
    // Keys of annotations may be written in any case (rule 49); those of labels too, as their names may.
    if (!isQualifiedKey(key))
      return [bad(field, key, "a key is an optional DNS prefix and '/', then a name")];
    if (typeof value !== "string")
      return [
        { ...bad(`${field}[${key}]`, value, "must be a string"), reason: "FieldValueTypeInvalid" as const },
      ];
    return values && !values.test(value)
      ? [
          bad(
            `${field}[${key}]`,
            value,
            "a label value has at most 63 characters of A-Z a-z 0-9 - _ . and alphanumeric ends",
          ),
        ]
      : [];
  });
}

function isQualifiedKey(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash < 0) return QUALIFIED_NAME.test(key);
  const prefix = key.slice(0, slash).toLowerCase();
  return prefix.length <= 253 && SUBDOMAIN.test(prefix) && QUALIFIED_NAME.test(key.slice(slash + 1));
}

function annotationSize(annotations: ObjectMeta["annotations"]): FieldError[] {
  if (!annotations || typeof annotations !== "object") return [];
  const bytes = Object.entries(annotations).reduce((sum, [k, v]) => sum + k.length + v.length, 0);
  if (bytes <= MAX_ANNOTATIONS_BYTES) return [];
  const message = `Too long: may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`;
  return [{ field: "metadata.annotations", message, reason: "FieldValueTooLong" }];
}

function finalizerErrors(finalizers: unknown): FieldError[] {
  if (finalizers === undefined) return [];
  if (!Array.isArray(finalizers))
    return [bad("metadata.finalizers", finalizers, "must be a list of strings")];
  return finalizers.flatMap((name, i) =>
    typeof name === "string" && isQualifiedKey(name)
      ? []
      : [bad(`metadata.finalizers[${i}]`, name, "must be a qualified name such as example.com/cleanup")],
  );
}

function ownerErrors(owners: unknown): FieldError[] {
  if (owners === undefined) return [];
  if (!Array.isArray(owners)) return [bad("metadata.ownerReferences", owners, "must be a list")];
  const errors = (owners as Partial<OwnerReference>[]).flatMap((reference, i) =>
    (["apiVersion", "kind", "name", "uid"] as const)
      .filter((field) => typeof reference?.[field] !== "string" || reference[field] === "")
      .map((field): FieldError => ({
        field: `metadata.ownerReferences[${i}].${field}`,
        message: "Required value",
        reason: "FieldValueRequired",
      })),
  );
  const controllers = (owners as Partial<OwnerReference>[]).filter(
    (reference) => reference?.controller === true,
  );
  if (controllers.length > 1) {
    errors.push(
      bad(
        "metadata.ownerReferences",
        controllers.map(({ name }) => name),
        "only one may be the controller",
      ),
    );
  }
  return errors;
}
