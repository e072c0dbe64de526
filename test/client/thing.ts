import { Type } from "typebox";
import { defineBuiltIn } from "../../apis/kind.ts";

/** A kind that nobody controls. */
export const Thing = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Thing", plural: "things" },
  description: "A thing.",
  fields: { data: Type.Optional(Type.String()) },
  namespaced: true,
  columns: [],
});
