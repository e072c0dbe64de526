import { Type } from "typebox";
import { defineReview, flag, text, texts } from "./review.ts";

const userInfo = Type.Object(
  {
    username: text("Name."),
    uid: text("Identity; who takes the name later has another."),
    groups: texts("Groups that it is in."),
    extra: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), { description: "What else is known." }),
    ),
  },
  { description: "Who it is." },
);

/** Asks who is asking. */
export const SelfSubjectReview = defineReview({
  group: "authentication.k8s.io",
  kind: "SelfSubjectReview",
  description: "Asks who you are.",
  status: Type.Object({ userInfo: Type.Optional(userInfo) }),
});

/** Asks whose a token is. */
export const TokenReview = defineReview({
  group: "authentication.k8s.io",
  kind: "TokenReview",
  description: "Asks whose a token is.",
  spec: Type.Object({
    token: text("The token."),
    audiences: texts("For whom the token should be."),
  }),
  status: Type.Object({
    authenticated: flag("Whether it is a token of somebody."),
    user: Type.Optional(userInfo),
    audiences: texts("For whom the token is; absent: for this server."),
    error: text("Why it is not."),
  }),
});
