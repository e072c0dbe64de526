import { Type } from "typebox";
import { defineBuiltIn, type ObjectOf } from "../kind.ts";
import { Bytes, Defaulted } from "../meta.ts";
import type { FieldError } from "../errors.ts";
import { DataKey } from "./configmap.ts";
import { keyErrors, sizeErrors } from "./data.ts";
import { typeErrors } from "./secret.validate.ts";

const otherType = (type: string): FieldError => ({
  field: "type",
  message: `Invalid value: ${JSON.stringify(type)}: field is immutable`,
  reason: "FieldValueInvalid",
});

/** Data that should not be shown. */
export const Secret = defineBuiltIn({
  group: "",
  version: "v1",
  names: { kind: "Secret", plural: "secrets" },
  description: "Data that should not be shown.",
  namespaced: true,
  fields: {
    data: Type.Optional(Type.Record(DataKey, Bytes(), { description: "Base64 of bytes by key." })),
    stringData: Type.Optional(
      Type.Record(DataKey, Type.String(), { description: "Text by key; stored in data, never answered." }),
    ),
    type: Defaulted(Type.String({ description: "What it is for." }), "Opaque"),
    immutable: Type.Optional(Type.Boolean({ description: "The data cannot be changed any more." })),
  },
  validate: (secret) => [
    ...keyErrors("data", secret.data),
    ...sizeErrors("data", undefined, secret.data),
    ...typeErrors(secret),
  ],
  validateChange: ({ type }, old) => (old && old.type !== type ? [otherType(type)] : []),
  selectableFields: { type: ".type" },
  columns: [
    { name: "Type", path: ".type", type: "string" },
    {
      name: "Data",
      path: (object: { data?: object }) => Object.keys(object.data ?? {}).length,
      type: "integer",
    },
    { name: "Age", path: ".metadata.creationTimestamp", type: "date" },
  ],
});
export type Secret = ObjectOf<typeof Secret>;
