import type { Kind } from "../kind.ts";
import { SelfSubjectAccessReview } from "./access.ts";
import { SelfSubjectReview } from "./identity.ts";
import { SelfSubjectRulesReview } from "./rules.ts";

/** Questions of Kubernetes that are answered and not stored. */
export const REVIEW_KINDS: readonly Kind[] = [
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SelfSubjectReview,
];
