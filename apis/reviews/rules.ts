import { Type } from "typebox";
import { defineReview, text, texts } from "./review.ts";

const resourceRule = Type.Object({
  verbs: Type.Array(Type.String(), { description: "What may be done." }),
  apiGroups: texts("In which groups; * is all of them."),
  resources: texts("With which resources; * is all of them."),
  resourceNames: texts("With which names; empty: all of them."),
});
const nonResourceRule = Type.Object({
  verbs: Type.Array(Type.String(), { description: "What may be done." }),
  nonResourceURLs: texts("At which paths."),
});

/** Asks for all that who asks may do in a namespace. */
export const SelfSubjectRulesReview = defineReview({
  group: "authorization.k8s.io",
  kind: "SelfSubjectRulesReview",
  description: "Asks for all that you may do in a namespace.",
  spec: Type.Object({ namespace: text("The namespace.") }),
  status: Type.Object({
    resourceRules: Type.Array(resourceRule, { description: "What may be done with objects." }),
    nonResourceRules: Type.Array(nonResourceRule, { description: "What may be done elsewhere." }),
    incomplete: Type.Boolean({ description: "Whether there is more that could not be found out." }),
    evaluationError: text("What went wrong while it was looked up."),
  }),
});
