import { Type } from "typebox";
import { described, Enum } from "../meta.ts";
import { defineReview, flag, text, texts } from "./review.ts";

const requirement = Type.Object({
  key: Type.String({ description: "Label or field." }),
  operator: Enum(["In", "NotIn", "Exists", "DoesNotExist"], { description: "How to compare." }),
  values: texts("Values for In and NotIn."),
});
const selector = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        rawSelector: text("The selector as it stands in a query."),
        requirements: Type.Optional(Type.Array(requirement, { description: "The same, one by one." })),
      },
      { description },
    ),
  );

const ResourceAttributes = Type.Object({
  namespace: text("Namespace; empty: none, or all of them."),
  verb: text("get, list, watch, create, update, patch, delete, deletecollection, or * for all."),
  group: text("Group of the API, or * for all."),
  version: text("Version of the API, or * for all."),
  resource: text("Resource by its plural, or * for all."),
  subresource: text("Subresource; empty: none."),
  name: text("Name of the object; empty: all of them."),
  fieldSelector: selector("Only objects whose fields match."),
  labelSelector: selector("Only objects whose labels match."),
});
const NonResourceAttributes = Type.Object({ path: text("Path of the URL."), verb: text("Verb of HTTP.") });

const question = {
  resourceAttributes: Type.Optional(described(ResourceAttributes, "About objects.")),
  nonResourceAttributes: Type.Optional(described(NonResourceAttributes, "About a path that has no objects.")),
};

const status = Type.Object({
  allowed: Type.Boolean({ description: "Whether it is allowed." }),
  denied: flag("Whether it is forbidden, whatever else might allow it."),
  reason: text("Why."),
  evaluationError: text("What went wrong while it was looked up; the answer may be right all the same."),
});

/** Asks whether who asks may do something. */
export const SelfSubjectAccessReview = defineReview({
  group: "authorization.k8s.io",
  kind: "SelfSubjectAccessReview",
  description: "Asks whether you may do something.",
  spec: Type.Object(question),
  status,
});

const subject = Type.Object({
  ...question,
  user: text("Name of the user."),
  uid: text("Identity of the user."),
  groups: texts("Groups that the user is in."),
  extra: Type.Optional(
    Type.Record(Type.String(), Type.Array(Type.String()), { description: "What else is known of the user." }),
  ),
});

/** Asks whether somebody may do something. */
export const SubjectAccessReview = defineReview({
  group: "authorization.k8s.io",
  kind: "SubjectAccessReview",
  description: "Asks whether somebody may do something.",
  spec: subject,
  status,
});

/** Asks whether somebody may do something in the namespace in which it is asked. */
export const LocalSubjectAccessReview = defineReview({
  group: "authorization.k8s.io",
  kind: "LocalSubjectAccessReview",
  description: "Asks whether somebody may do something in this namespace.",
  namespaced: true,
  spec: subject,
  status,
});
