import {
  list,
  map,
  type Message,
  nested,
  one,
  readMessage,
  text,
  keptText,
  integer,
  boolean,
} from "../../../server/codec/protobuf/message.ts";
import type { WireValue } from "../../../server/codec/protobuf/wire.ts";
import type { Json } from "./helpers.ts";

// Reads both documents back to JSON, by the numbers of gnostic's OpenAPIv2.proto and OpenAPIv3.proto.

type Reader = (value: WireValue) => unknown;

const double: Reader = (value) => (value as Buffer).readDoubleLE();
const yaml: Reader = (value) => {
  const { yaml } = readMessage({ 2: one("yaml", text) }, value as Buffer) as { yaml: string };
  return JSON.parse(yaml) as unknown;
};

/** Of a message that stands for the one thing in it. */
const inner =
  (message: Message): Reader =>
  (value) =>
    Object.values(readMessage(message, value as Buffer))[0];
/** Of a message around a map or a list: without entries it is empty, and there. */
const entries =
  (read: Reader): Reader =>
  (value) =>
    inner({ 1: map("entries", read) })(value) ?? {};
const first =
  (read: Reader): Reader =>
  (value) =>
    (inner({ 1: list("items", read) })(value) as unknown[])[0];

/** Of a message with extensions, which stand among its members. */
const extended =
  (message: Message): Reader =>
  (value) => {
    const { extensions, ...rest } = nested(message)(value) as Json;
    return { ...rest, ...(extensions as Json | undefined) };
  };

const schema2: Reader = (value) => extended(Schema2)(value);
const docs = extended({ 1: one("description", text), 2: one("url", text), 3: map("extensions", yaml) });
const Schema2: Message = {
  1: one("$ref", text),
  2: one("format", text),
  3: one("title", text),
  4: one("description", text),
  5: one("default", yaml),
  6: one("multipleOf", double),
  7: one("maximum", double),
  8: one("exclusiveMaximum", boolean),
  9: one("minimum", double),
  10: one("exclusiveMinimum", boolean),
  11: one("maxLength", integer),
  12: one("minLength", integer),
  13: one("pattern", text),
  14: one("maxItems", integer),
  15: one("minItems", integer),
  16: one("uniqueItems", boolean),
  17: one("maxProperties", integer),
  18: one("minProperties", integer),
  19: list("required", keptText),
  20: list("enum", yaml),
  21: one("additionalProperties", inner({ 1: one("schema", schema2), 2: one("boolean", boolean) })),
  22: one("type", first(keptText)),
  23: one("items", first(schema2)),
  24: list("allOf", schema2),
  25: one("properties", entries(schema2)),
  29: one("externalDocs", docs),
  30: one("example", yaml),
  31: map("extensions", yaml),
};

const Body2: Message = {
  1: one("description", text),
  2: one("name", text),
  3: one("in", text),
  4: one("required", boolean),
  5: one("schema", schema2),
};
const Path2: Message = {
  1: one("required", boolean),
  2: one("in", text),
  3: one("description", text),
  4: one("name", text),
  5: one("type", text),
  19: one("uniqueItems", boolean),
};
const Query2: Message = {
  1: one("required", boolean),
  2: one("in", text),
  3: one("description", text),
  4: one("name", text),
  6: one("type", text),
  20: one("uniqueItems", boolean),
};
const nonBody2 = inner({ 3: one("query", nested(Query2)), 4: one("path", nested(Path2)) });
const parameter2 = inner({
  1: one("parameter", inner({ 1: one("body", nested(Body2)), 2: one("other", nonBody2) })),
});
const response2 = inner({
  1: one(
    "response",
    nested({ 1: one("description", text), 2: one("schema", inner({ 1: one("schema", schema2) })) }),
  ),
});
const operation2 = extended({
  1: list("tags", keptText),
  3: one("description", text),
  5: one("operationId", text),
  6: list("produces", keptText),
  7: list("consumes", keptText),
  8: list("parameters", parameter2),
  9: one("responses", entries(response2)),
  11: one("deprecated", boolean),
  13: map("extensions", yaml),
});
const path2 = nested({
  2: one("get", operation2),
  3: one("put", operation2),
  4: one("post", operation2),
  5: one("delete", operation2),
  8: one("patch", operation2),
  9: list("parameters", parameter2),
});

/** `openapi.v2.Document` as the JSON of the same document. */
export const readSwagger = (bytes: Buffer): Json =>
  readMessage(
    {
      1: one("swagger", text),
      2: one("info", nested({ 1: one("title", text), 2: one("version", text) })),
      8: one("paths", inner({ 2: map("paths", path2) })),
      9: one("definitions", entries(schema2)),
    },
    bytes,
  );

const schema3: Reader = (value) =>
  inner({ 1: one("schema", bare3), 2: one("reference", nested({ 1: one("$ref", text) })) })(value);
const bare3: Reader = (value) => extended(Schema3)(value);
const Schema3: Message = {
  1: one("nullable", boolean),
  3: one("readOnly", boolean),
  4: one("writeOnly", boolean),
  6: one("externalDocs", docs),
  7: one("example", yaml),
  8: one("deprecated", boolean),
  9: one("title", text),
  10: one("multipleOf", double),
  11: one("maximum", double),
  12: one("exclusiveMaximum", boolean),
  13: one("minimum", double),
  14: one("exclusiveMinimum", boolean),
  15: one("maxLength", integer),
  16: one("minLength", integer),
  17: one("pattern", text),
  18: one("maxItems", integer),
  19: one("minItems", integer),
  20: one("uniqueItems", boolean),
  21: one("maxProperties", integer),
  22: one("minProperties", integer),
  23: list("required", keptText),
  24: list("enum", yaml),
  25: one("type", text),
  26: list("allOf", schema3),
  27: list("oneOf", schema3),
  28: list("anyOf", schema3),
  29: one("not", bare3),
  30: one("items", first(schema3)),
  31: one("properties", entries(schema3)),
  32: one("additionalProperties", inner({ 1: one("schema", schema3), 2: one("boolean", boolean) })),
  33: one(
    "default",
    inner({ 1: one("number", double), 2: one("boolean", boolean), 3: one("string", keptText) }),
  ),
  34: one("description", text),
  35: one("format", text),
  36: map("extensions", yaml),
};

const content3 = entries(nested({ 1: one("schema", schema3) }));
const parameter3 = inner({
  1: one(
    "parameter",
    nested({
      1: one("name", text),
      2: one("in", text),
      3: one("description", text),
      4: one("required", boolean),
      10: one("schema", schema3),
    }),
  ),
});
const body3 = inner({ 1: one("body", nested({ 2: one("content", content3), 3: one("required", boolean) })) });
const response3 = inner({
  1: one("response", nested({ 1: one("description", text), 3: one("content", content3) })),
});
const responses3: Reader = (value) => {
  const { default: other, codes } = readMessage(
    { 1: one("default", response3), 2: map("codes", response3) },
    value as Buffer,
  );
  return { ...(codes as Json), default: other };
};
const operation3 = extended({
  1: list("tags", keptText),
  3: one("description", text),
  5: one("operationId", text),
  6: list("parameters", parameter3),
  7: one("requestBody", body3),
  8: one("responses", responses3),
  10: one("deprecated", boolean),
  13: map("extensions", yaml),
});
const path3 = nested({
  4: one("get", operation3),
  5: one("put", operation3),
  6: one("post", operation3),
  7: one("delete", operation3),
  10: one("patch", operation3),
  13: list("parameters", parameter3),
});

/** `openapi.v3.Document` as the JSON of the same document. */
export const readOpenApi = (bytes: Buffer): Json =>
  readMessage(
    {
      1: one("openapi", text),
      2: one("info", nested({ 1: one("title", text), 6: one("version", text) })),
      4: one("paths", entries(path3)),
      5: one("components", nested({ 1: one("schemas", entries(schema3)) })),
    },
    bytes,
  );
