import { badRequest } from "../../../apis/errors.ts";
import type { Identity } from "../identity.ts";
import { rulesOf } from "../rules.ts";
import type { Question } from "./question.ts";

/** `SelfSubjectReview`. */
export const reviewSelf = ({ identity }: Question<unknown>): object => ({ userInfo: userOf(identity) });

/**
 * `TokenReview`.
 *
 * @throws StatusError `BadRequest` without a token.
 */
export function reviewToken({ spec, authority }: Question<{ token?: string }>): object {
  if (!spec.token) throw badRequest("token is required for TokenReview in authentication");
  const identity = authority.authenticate(spec.token);
  if (!identity) return { authenticated: false, user: {}, error: "invalid bearer token" };
  return { authenticated: true, user: userOf(identity) };
}

const userOf = ({ name, uid, groups }: Identity): object => ({
  username: name,
  ...(uid !== undefined && { uid }),
  groups,
});

/**
 * `SelfSubjectRulesReview`.
 *
 * @throws StatusError `BadRequest` without a namespace.
 */
export function reviewRules({ spec, identity, kinds }: Question<{ namespace?: string }>): object {
  if (!spec.namespace) throw badRequest("no namespace on request");
  return { ...rulesOf(identity, spec.namespace, kinds), incomplete: false };
}
