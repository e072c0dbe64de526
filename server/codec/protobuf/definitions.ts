import {
  boolean,
  double,
  flag,
  integer,
  json,
  keptInteger,
  keptText,
  list,
  map,
  type Message,
  nested,
  one,
  text,
  time,
} from "./message.ts";
import type { WireValue } from "./wire.ts";

// Field numbers are from the `generated.proto` of https://github.com/kubernetes/apiextensions-apiserver.

/** JSON is wrapped once more. */
const wrapped = (value: WireValue): unknown =>
  (nested({ 1: one("raw", json) })(value) as { raw?: unknown }).raw;

const schema = (value: WireValue): unknown => nested(JSONSchemaProps)(value);

const Items: Message = { 1: one("schema", schema) };
const OrBool: Message = { 1: one("allows", boolean), 2: one("schema", schema) };

const itemsOf = (value: WireValue): unknown => (nested(Items)(value) as { schema?: unknown }).schema;

function schemaOrBool(value: WireValue): unknown {
  const { allows = false, schema: inner } = nested(OrBool)(value) as { allows?: boolean; schema?: unknown };
  return inner ?? allows;
}

const ValidationRule: Message = {
  1: one("rule", text),
  2: one("message", text),
  3: one("messageExpression", text),
  4: one("reason", text),
  5: one("fieldPath", text),
  6: one("optionalOldSelf", boolean),
};

const JSONSchemaProps: Message = {
  1: one("id", text),
  2: one("$schema", text),
  3: one("$ref", text),
  4: one("description", text),
  5: one("type", text),
  6: one("format", text),
  7: one("title", text),
  8: one("default", wrapped),
  9: one("maximum", double),
  10: one("exclusiveMaximum", flag),
  11: one("minimum", double),
  12: one("exclusiveMinimum", flag),
  13: one("maxLength", keptInteger),
  14: one("minLength", keptInteger),
  15: one("pattern", text),
  16: one("maxItems", keptInteger),
  17: one("minItems", keptInteger),
  18: one("uniqueItems", flag),
  19: one("multipleOf", double),
  20: list("enum", wrapped),
  21: one("maxProperties", keptInteger),
  22: one("minProperties", keptInteger),
  23: list("required", keptText),
  24: one("items", itemsOf),
  25: list("allOf", schema),
  26: list("oneOf", schema),
  27: list("anyOf", schema),
  28: one("not", schema),
  29: map("properties", schema),
  30: one("additionalProperties", schemaOrBool),
  31: map("patternProperties", schema),
  33: one("additionalItems", schemaOrBool),
  34: map("definitions", schema),
  35: one("externalDocs", nested({ 1: one("description", text), 2: one("url", text) })),
  36: one("example", wrapped),
  37: one("nullable", flag),
  38: one("x-kubernetes-preserve-unknown-fields", boolean),
  39: one("x-kubernetes-embedded-resource", flag),
  40: one("x-kubernetes-int-or-string", flag),
  41: list("x-kubernetes-list-map-keys", keptText),
  42: one("x-kubernetes-list-type", text),
  43: one("x-kubernetes-map-type", text),
  44: list("x-kubernetes-validations", nested(ValidationRule)),
};

const Column: Message = {
  1: one("name", text),
  2: one("type", text),
  3: one("format", text),
  4: one("description", text),
  5: one("priority", integer),
  6: one("jsonPath", text),
};

const Scale: Message = {
  1: one("specReplicasPath", text),
  2: one("statusReplicasPath", text),
  3: one("labelSelectorPath", text),
};

const Version: Message = {
  1: one("name", text),
  2: one("served", boolean),
  3: one("storage", boolean),
  4: one("schema", nested({ 1: one("openAPIV3Schema", schema) })),
  5: one("subresources", nested({ 1: one("status", nested({})), 2: one("scale", nested(Scale)) })),
  6: list("additionalPrinterColumns", nested(Column)),
  7: one("deprecated", flag),
  8: one("deprecationWarning", keptText),
  9: list("selectableFields", nested({ 1: one("jsonPath", text) })),
};

const Names: Message = {
  1: one("plural", text),
  2: one("singular", text),
  3: list("shortNames", keptText),
  4: one("kind", text),
  5: one("listKind", text),
  6: list("categories", keptText),
};

/** What is in a webhook is of no use here: that there is one is enough to refuse it. */
const Conversion: Message = { 1: one("strategy", text), 2: one("webhook", nested({})) };

const Condition: Message = {
  1: one("type", text),
  2: one("status", text),
  3: one("lastTransitionTime", time),
  4: one("reason", text),
  5: one("message", text),
};

/** `apiextensions.k8s.io/v1 CustomResourceDefinition`, but for its metadata. */
export const DEFINITION: Message = {
  2: one(
    "spec",
    nested({
      1: one("group", text),
      3: one("names", nested(Names)),
      4: one("scope", text),
      7: list("versions", nested(Version)),
      9: one("conversion", nested(Conversion)),
      10: one("preserveUnknownFields", flag),
    }),
  ),
  3: one(
    "status",
    nested({
      1: list("conditions", nested(Condition)),
      2: one("acceptedNames", nested(Names)),
      3: list("storedVersions", keptText),
    }),
  ),
};
