import { Type, type TObject } from "typebox";
import { defineBuiltIn, type Kind } from "../kind.ts";
import { described } from "../meta.ts";

export const text = (description: string) => Type.Optional(Type.String({ description }));
export const flag = (description: string) => Type.Optional(Type.Boolean({ description }));
export const texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));

interface Review {
  group: string;
  kind: string;
  description: string;
  namespaced?: boolean;
  spec?: TObject;
  status: TObject;
}

/** A question that is answered and not stored: it can be created, and nothing else. */
export const defineReview = ({ group, kind, spec, status, ...review }: Review): Kind => ({
  ...defineBuiltIn({
    group,
    version: "v1",
    names: { kind, plural: `${kind.toLowerCase()}s` },
    description: review.description,
    namespaced: review.namespaced ?? false,
    fields: {
      ...(spec && { spec: described(spec, "The question.") }),
      status: Type.Optional(described(status, "The answer. Written by the server.")),
    },
    columns: [],
  }),
  verbs: ["create"],
});
