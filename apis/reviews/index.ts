import type { Kind } from "../kind.ts";
import { LocalSubjectAccessReview, SelfSubjectAccessReview, SubjectAccessReview } from "./access.ts";
import { SelfSubjectReview, TokenReview } from "./identity.ts";
import { SelfSubjectRulesReview } from "./rules.ts";

/** Questions of Kubernetes that are answered and not stored. */
export const REVIEW_KINDS: readonly Kind[] = [
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  LocalSubjectAccessReview,
  SelfSubjectReview,
  TokenReview,
];
