import {
  bytesOf,
  type Content,
  double,
  fields,
  flag,
  integer,
  keptDouble,
  keptFlag,
  keptText,
  members,
  nested,
  repeated,
  text,
  type Write,
} from "../../codec/protobuf/write.ts";
import { type DocumentParts, OPENAPI } from "../document.ts";
import { any, extensible, externalDocs, mapOf, texts, wrapped } from "./common.ts";

// Field numbers are those of https://github.com/google/gnostic/blob/main/openapiv3/OpenAPIv3.proto

/** `ParameterOrReference` and the like, where we never put a reference. */
const inPlace = (write: Write): Write => wrapped(write);

/** `SchemaOrReference`. Schemas hold schemas, so this comes before what it refers to. */
const schema: Write = nested((out, value) => {
  const isReference = typeof (value as { $ref?: unknown } | null)?.$ref === "string";
  return isReference ? reference(out, 2, value) : bareSchema(out, 1, value);
});

const reference: Write = nested(fields({ $ref: [1, text], description: [3, text] }));
const bareSchema: Write = nested((out, value) => schemaContent(out, value));
const schemas = repeated(schema);

const additionalProperties: Write = nested((out, value) =>
  typeof value === "boolean" ? keptFlag(out, 2, value) : schema(out, 1, value),
);

/** There is no way to say that a list or an object is the default. */
const defaultType: Write = (out, field, value) => {
  if (typeof value === "object") return;
  out.messageField(field, () => {
    keptText(out, 3, value);
    keptFlag(out, 2, value);
    keptDouble(out, 1, value);
  });
};

const schemaContent: Content = extensible(
  {
    nullable: [1, flag],
    readOnly: [3, flag],
    writeOnly: [4, flag],
    externalDocs: [6, externalDocs],
    example: [7, any],
    deprecated: [8, flag],
    title: [9, text],
    multipleOf: [10, double],
    maximum: [11, double],
    exclusiveMaximum: [12, flag],
    minimum: [13, double],
    exclusiveMinimum: [14, flag],
    maxLength: [15, integer],
    minLength: [16, integer],
    pattern: [17, text],
    maxItems: [18, integer],
    minItems: [19, integer],
    uniqueItems: [20, flag],
    maxProperties: [21, integer],
    minProperties: [22, integer],
    required: [23, texts],
    enum: [24, repeated(any)],
    type: [25, text],
    allOf: [26, schemas],
    oneOf: [27, schemas],
    anyOf: [28, schemas],
    not: [29, bareSchema],
    items: [30, wrapped(schemas)],
    properties: [31, mapOf(schema)],
    additionalProperties: [32, additionalProperties],
    default: [33, defaultType],
    description: [34, text],
    format: [35, text],
  },
  36,
);

const content = mapOf(nested(fields({ schema: [1, schema] })));

const parameter = nested(
  extensible(
    { name: [1, text], in: [2, text], description: [3, text], required: [4, flag], schema: [10, schema] },
    14,
  ),
);
const parameters = repeated(inPlace(parameter));

const requestBody = inPlace(
  nested(extensible({ description: [1, text], content: [2, content], required: [3, flag] }, 4)),
);
const response = inPlace(nested(extensible({ description: [1, text], content: [3, content] }, 5)));

const responses: Write = nested((out, value) => {
  const { default: other, ...byCode } = value as Record<string, unknown>;
  members(response)(out, 2, byCode);
  if (other !== undefined) response(out, 1, other);
});

const operation = nested(
  extensible(
    {
      tags: [1, texts],
      summary: [2, text],
      description: [3, text],
      operationId: [5, text],
      parameters: [6, parameters],
      requestBody: [7, requestBody],
      responses: [8, responses],
      deprecated: [10, flag],
    },
    13,
  ),
);

const pathItem = nested(
  fields({
    get: [4, operation],
    put: [5, operation],
    post: [6, operation],
    delete: [7, operation],
    patch: [10, operation],
    parameters: [13, parameters],
  }),
);

export const pathEntries: Content = (out, value) => members(pathItem)(out, 1, value);
export const schemaEntries: Content = (out, value) => members(schema)(out, 1, value);

const documentInfo = nested(extensible({ title: [1, text], version: [6, text] }, 7));

/** `Document`, around entries that have been written. */
export const document = ({ info, paths, schemas }: DocumentParts): Buffer =>
  bytesOf((out) => {
    out.messageField(5, () => out.messageField(1, () => out.raw(schemas)));
    out.messageField(4, () => out.raw(paths));
    documentInfo(out, 2, info);
    text(out, 1, OPENAPI);
  });
