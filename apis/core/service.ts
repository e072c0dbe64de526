import { Type } from "typebox";
import { defineBuiltIn, READ_VERBS } from "../kind.ts";

const text = (description: string) => Type.Optional(Type.String({ description }));

/** What tools look for although there is nothing of it here: `kubectl cluster-info` and k9s list Services. */
export const Service = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Service", plural: "services", short: ["svc"], categories: ["all"] },
  description:
    "Nothing on this machine is reached through a Service: the list is always empty, for tools that ask.",
  fields: {
    spec: Type.Optional(
      Type.Object({
        type: text("How it would be reached."),
        clusterIP: text("The address that it would have."),
      }),
    ),
  },
  namespaced: true,
  verbs: READ_VERBS,
  columns: [
    { name: "Type", path: ".spec.type", type: "string" },
    { name: "Cluster-IP", path: ".spec.clusterIP", type: "string" },
    { name: "External-IP", path: () => "<none>", type: "string" },
    { name: "Port(s)", path: () => "<none>", type: "string" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
    { name: "Selector", path: () => "<none>", type: "string", priority: 1 },
  ],
});
