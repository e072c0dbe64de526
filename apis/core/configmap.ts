import { Type } from "typebox";
import { defineBuiltIn, type ObjectOf } from "../kind.ts";

const strings = (description: string) =>
  Type.Optional(Type.Record(Type.String({ pattern: "^[-._a-zA-Z0-9]+$" }), Type.String(), { description }));

/** Configuration data for programs to read. */
export const ConfigMap = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "ConfigMap", plural: "configmaps", short: ["cm"] },
  description: "Configuration data for programs to read.",
  namespaced: true,
  fields: {
    data: strings("Text by key."),
    binaryData: strings("Base64 of bytes by key."),
    immutable: Type.Optional(Type.Boolean({ description: "The data cannot be changed any more." })),
  },
  columns: [
    { name: "Data", path: countData, type: "integer" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
  ],
});
export type ConfigMap = ObjectOf<typeof ConfigMap>;

function countData(object: { data?: object; binaryData?: object }): number {
  return Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length;
}
