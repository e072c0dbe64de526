import { Type } from "typebox";
import { defineReview, text, texts } from "./review.ts";

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
