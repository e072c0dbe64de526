import { badRequest, type FieldError } from "../../apis/errors.ts";
import type { ObjectMeta, OwnerReference } from "../../apis/meta.ts";
import { type Schema, prune } from "./prune.ts";
import { quote } from "./quote.ts";

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
    managedFields: { items: anything },
    selfLink: text,
  },
};

/**
 * A copy of a metadata object with only the fields that it may have. What is in its maps and lists is for
 * {@link metadataErrors} to check.
 *
 * @throws StatusError `BadRequest` for a field of a wrong type.
 */
export function decodeMetadata(metadata: object, unknown: string[], path = "metadata"): ObjectMeta {
  // Not copied with the rest: it is only read, and often larger than all the rest.
  const { managedFields, ...others } = metadata as Record<string, unknown>;
  const pruned = prune(others, schema, { path, unknown, root: schema }) as Record<string, unknown>;
  const known = { ...pruned, ...((managedFields ?? undefined) !== undefined && { managedFields }) };
  for (const [field, value] of Object.entries(known)) {
    const wanted = typeOf(schema.properties?.[field] ?? anything);
    const found = Array.isArray(value) ? "list" : typeof value === "object" ? "map" : typeof value;
    if (wanted && found !== wanted) throw badRequest(`${path}.${field} must be a ${wanted}, not a ${found}`);
  }
  return known as unknown as ObjectMeta;
}

const typeOf = ({ type, patternProperties, items }: Schema): string | undefined =>
  type ?? (patternProperties && "map") ?? (items && "list");

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$/;
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

const bad = (field: string, value: unknown, why: string): FieldError => ({
  field,
  message: `Invalid value: ${quote(value)}: ${why}`,
});

/** Rule 45: what an object may be called. A Namespace has the shorter alphabet of a DNS label. */
export function nameErrors(name: string, isNamespace: boolean): FieldError[] {
  const [pattern, limit, what] = isNamespace ? [LABEL, 63, "label"] : [SUBDOMAIN, 253, "subdomain"];
  if (name.length <= limit && pattern.test(name)) return [];
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

function mapErrors(map: object = {}, field: string, values?: RegExp): FieldError[] {
  return Object.entries(map).flatMap(([key, value]) => {
    // Those of annotations may be written in any case (rule 49).
    if (!isQualifiedKey(field === "metadata.annotations" ? key.toLowerCase() : key))
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
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && SUBDOMAIN.test(prefix) && QUALIFIED_NAME.test(key.slice(slash + 1));
}

function annotationSize(annotations: Record<string, unknown> = {}): FieldError[] {
  const texts = Object.entries(annotations)
    .flat()
    .filter((text) => typeof text === "string");
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= MAX_ANNOTATIONS_BYTES) return [];
  const message = `Too long: may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`;
  return [{ field: "metadata.annotations", message, reason: "FieldValueTooLong" }];
}

function finalizerErrors(finalizers: readonly unknown[] = []): FieldError[] {
  return finalizers.flatMap((name, i) =>
    typeof name === "string" && isQualifiedKey(name)
      ? []
      : [bad(`metadata.finalizers[${i}]`, name, "must be a qualified name such as example.com/cleanup")],
  );
}

type Owner = Partial<Record<keyof OwnerReference, unknown>> | null;

function ownerErrors(owners: readonly Owner[] = []): FieldError[] {
  const errors = owners.flatMap((owner, i) => [
    ...namingErrors(owner, i),
    ...flagErrors(owner, i),
    ...identityErrors(owner, i),
  ]);
  const controllers = owners.filter((owner) => owner?.controller === true);
  if (controllers.length < 2) return errors;
  const names = controllers.map((owner) => owner?.name);
  return [...errors, bad("metadata.ownerReferences", names, "only one may be the controller")];
}

const namingErrors = (owner: Owner, i: number): FieldError[] =>
  (["apiVersion", "kind", "name", "uid"] as const)
    .filter((field) => typeof owner?.[field] !== "string" || owner[field] === "")
    .map((field) => ({
      field: `metadata.ownerReferences[${i}].${field}`,
      message: "Required value",
      reason: "FieldValueRequired",
    }));

/** An owner must be of a kind that can be looked up, and may not be of one that soon goes by itself. */
function identityErrors(owner: Owner, i: number): FieldError[] {
  const { apiVersion, kind } = owner ?? {};
  if (typeof apiVersion !== "string" || apiVersion === "") return [];
  const field = `metadata.ownerReferences[${i}]`;
  if (!/^([^/]+\/)?[^/]+$/.test(apiVersion))
    return [bad(`${field}.apiVersion`, apiVersion, "must be a version, or a group, a slash and a version")];
  const isEvent = kind === "Event" && ["v1", "events.k8s.io/v1"].includes(apiVersion);
  return isEvent ? [bad(field, `${apiVersion}, Kind=Event`, "is disallowed from being an owner")] : [];
}

/** What whoever gives an owner twice is told; it is kept once. */
export function ownerWarnings(metadata: unknown): string[] {
  const { ownerReferences } = (metadata ?? {}) as { ownerReferences?: unknown };
  if (!Array.isArray(ownerReferences)) return [];
  const uids = ownerReferences.map((owner: Owner) => owner?.uid).filter((uid) => typeof uid === "string");
  const twice = [...new Set(uids.filter((uid, i) => uids.indexOf(uid) !== i))];
  if (twice.length === 0) return [];
  return [`metadata.ownerReferences has an owner more than once, and it is kept once: ${twice.join(", ")}`];
}

/** Typed clients cannot read a list with one such object in it. */
const flagErrors = (owner: Owner, i: number): FieldError[] =>
  (["controller", "blockOwnerDeletion"] as const)
    .filter((field) => !["undefined", "boolean"].includes(typeof owner?.[field]))
    .map((field) => ({
      ...bad(`metadata.ownerReferences[${i}].${field}`, owner?.[field], "must be a boolean"),
      reason: "FieldValueTypeInvalid",
    }));
