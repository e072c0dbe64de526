import type { FieldError } from "../../../apis/errors.ts";
import { REVIEW_KINDS } from "../../../apis/reviews/index.ts";
import type { Kind } from "../../../apis/kind.ts";
import { accessErrors, localErrors, reviewAccess, reviewOwnAccess, subjectErrors } from "./access.ts";
import { reviewRules, reviewSelf, reviewToken } from "./identity.ts";
import type { Question } from "./question.ts";

/** How one kind of review is answered. */
interface Answers {
  /** What is wrong with a question; `namespace` is that of the URL. */
  errors?(spec: object, namespace: string): FieldError[];
  /** The status. */
  answer(question: Question<object>): object;
  /** Whether it may say anything in its metadata. */
  isNameless?: boolean;
  /** Whether its answer repeats the question. */
  forgetsSpec?: boolean;
}

const ANSWERS: Readonly<Record<string, Answers>> = {
  SelfSubjectAccessReview: { errors: accessErrors, answer: reviewOwnAccess, isNameless: true },
  SubjectAccessReview: { errors: subjectErrors, answer: reviewAccess, isNameless: true },
  LocalSubjectAccessReview: { errors: localErrors, answer: reviewAccess, isNameless: true },
  SelfSubjectRulesReview: { answer: reviewRules, forgetsSpec: true },
  SelfSubjectReview: { answer: reviewSelf },
  TokenReview: { answer: reviewToken },
};

export interface Review extends Answers {
  readonly kind: Kind;
}

/** The review that a path names; undefined if it names none. */
export function findReview(group: string, version: string, plural: string): Review | undefined {
  const kind = REVIEW_KINDS.find(
    (one) => one.plural === plural && one.group === group && one.version === version,
  );
  return kind && { kind, ...ANSWERS[kind.kind]! };
}
