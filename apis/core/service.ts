import { Type } from "typebox";
import { defineBuiltIn, type Kind } from "../kind.ts";

/** What tools look for although there is nothing of it here: `kubectl cluster-info` lists services (rule 108). */
export const Service: Kind = {
  ...defineBuiltIn({
    group: "",
    version: "v1",
    names: { kind: "Service", plural: "services", short: ["svc"] },
    description: "Nothing here is reached through a Service; the list is always empty.",
    fields: { spec: Type.Optional(Type.Object({})) },
    namespaced: true,
    columns: [],
  }),
  verbs: ["get", "list"],
};
