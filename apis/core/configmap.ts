import { Type } from "typebox";
import { defineBuiltIn, type ObjectOf } from "../kind.ts";
import { Bytes } from "../meta.ts";
import { duplicateErrors, keyErrors, sizeErrors } from "./data.ts";

/** What may name a key of a ConfigMap or a Secret: mounted, it is a file. */
export const DataKey = Type.String({ pattern: "^[-._a-zA-Z0-9]+$" });

/** Configuration data for programs to read. */
export const ConfigMap = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "ConfigMap", plural: "configmaps", short: ["cm"] },
  description: "Configuration data for programs to read.",
  namespaced: true,
  fields: {
    data: Type.Optional(Type.Record(DataKey, Type.String(), { description: "Text by key." })),
    binaryData: Type.Optional(Type.Record(DataKey, Bytes(), { description: "Base64 of bytes by key." })),
    immutable: Type.Optional(Type.Boolean({ description: "The data cannot be changed any more." })),
  },
  validate: ({ data, binaryData }) => [
    ...keyErrors("data", data),
    ...keyErrors("binaryData", binaryData),
    ...duplicateErrors(data, binaryData),
    ...sizeErrors("data", data, binaryData),
  ],
  columns: [
    { name: "Data", path: countData, type: "integer" },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
  ],
});
export type ConfigMap = ObjectOf<typeof ConfigMap>;

function countData(object: { data?: object; binaryData?: object }): number {
  return Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length;
}
