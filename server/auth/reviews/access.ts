import type { FieldError } from "../../../apis/errors.ts";
import type { Attributes } from "../attributes.ts";
import { decide } from "../authorize.ts";
import { AUTHENTICATED, FULL, MASTERS, type Identity } from "../identity.ts";
import type { Authority } from "../authority.ts";
import type { Question } from "./question.ts";

interface AccessSpec {
  resourceAttributes?: Partial<
    Record<"verb" | "group" | "resource" | "subresource" | "namespace" | "name", string>
  >;
  nonResourceAttributes?: { path?: string; verb?: string };
}

interface SubjectSpec extends AccessSpec {
  user?: string;
  groups?: string[];
}

/** `SelfSubjectAccessReview`. */
export const reviewOwnAccess = ({ spec, identity }: Question<AccessSpec>): object =>
  accessOf(identity, attributesIn(spec));

/** `SubjectAccessReview` and `LocalSubjectAccessReview`. */
export const reviewAccess = ({ spec, authority }: Question<SubjectSpec>): object =>
  accessOf(subjectOf(spec, authority), attributesIn(spec));

function accessOf(identity: Identity, asked: Attributes): object {
  const { allowed, reason } = decide(identity, asked);
  return { allowed, ...(reason && { reason }) };
}

function attributesIn({ resourceAttributes, nonResourceAttributes = {} }: AccessSpec): Attributes {
  if (!resourceAttributes) return { path: "", verb: "", ...nonResourceAttributes };
  const { verb = "", group = "", resource = "" } = resourceAttributes;
  const { subresource = "", namespace = "", name = "" } = resourceAttributes;
  return { verb, group, resource, subresource, namespace, name };
}

/** Somebody who is named: one of ours, or a stranger who may be in a group that counts. */
function subjectOf({ user = "", groups = [] }: SubjectSpec, authority: Authority): Identity {
  if (groups.includes(MASTERS)) return { ...FULL, name: user, groups };
  const known = user === "" ? undefined : authority.find(user);
  const access = groups.includes(AUTHENTICATED) ? "basic" : "none";
  return known ?? { name: user, groups, grant: { access } };
}

/** Whether it is about a resource or about a path. */
export function accessErrors({ resourceAttributes, nonResourceAttributes }: AccessSpec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    return [
      wrong("spec.nonResourceAttributes", "cannot be specified in combination with resourceAttributes"),
    ];
  }
  if (resourceAttributes || nonResourceAttributes) return [];
  const message = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
  return [wrong("spec.resourceAttributes", message)];
}

export function subjectErrors(spec: SubjectSpec): FieldError[] {
  const isNamed = Boolean(spec.user) || Boolean(spec.groups?.length);
  const nobody = wrong("spec.user", "at least one of user or group must be specified");
  return [...accessErrors(spec), ...(isNamed ? [] : [nobody])];
}

export function localErrors(spec: SubjectSpec, namespace: string): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const isElsewhere = resourceAttributes && (resourceAttributes.namespace ?? "") !== namespace;
  return [
    ...subjectErrors(spec),
    ...(isElsewhere ? [wrong("spec.resourceAttributes.namespace", "must match metadata.namespace")] : []),
    ...(nonResourceAttributes
      ? [wrong("spec.nonResourceAttributes", "disallowed on this kind of request")]
      : []),
  ];
}

const wrong = (field: string, message: string): FieldError => ({
  field,
  message: `Invalid value: ${message}`,
  reason: "FieldValueInvalid",
});
