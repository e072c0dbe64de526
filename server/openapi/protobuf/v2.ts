import {
  bytesOf,
  type Content,
  double,
  fields,
  flag,
  integer,
  keptFlag,
  members,
  nested,
  repeated,
  text,
  type Write,
} from "../../codec/protobuf/write.ts";
import { type DocumentParts, SWAGGER } from "../document.ts";
import { any, extensible, externalDocs, mapOf, texts, wrapped } from "./common.ts";

// Field numbers are those of https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto

/** Schemas hold schemas, so this comes before what it refers to. */
const schema: Write = nested((out, value) => schemaContent(out, value));

const additionalProperties: Write = nested((out, value) =>
  typeof value === "boolean" ? keptFlag(out, 2, value) : schema(out, 1, value),
);

const schemaContent: Content = extensible(
  {
    $ref: [1, text],
    format: [2, text],
    title: [3, text],
    description: [4, text],
    default: [5, any],
    multipleOf: [6, double],
    maximum: [7, double],
    exclusiveMaximum: [8, flag],
    minimum: [9, double],
    exclusiveMinimum: [10, flag],
    maxLength: [11, integer],
    minLength: [12, integer],
    pattern: [13, text],
    maxItems: [14, integer],
    minItems: [15, integer],
    uniqueItems: [16, flag],
    maxProperties: [17, integer],
    minProperties: [18, integer],
    required: [19, texts],
    enum: [20, repeated(any)],
    additionalProperties: [21, additionalProperties],
    type: [22, wrapped(texts)],
    items: [23, wrapped(repeated(schema))],
    allOf: [24, repeated(schema)],
    properties: [25, mapOf(schema)],
    discriminator: [26, text],
    readOnly: [27, flag],
    externalDocs: [29, externalDocs],
    example: [30, any],
  },
  31,
);

const bodyParameter = nested(
  extensible(
    { description: [1, text], name: [2, text], in: [3, text], required: [4, flag], schema: [5, schema] },
    6,
  ),
);

/** In a query there is one field more than in a path, before these. */
const parameterFields = (shift: number) =>
  ({
    required: [1, flag],
    in: [2, text],
    description: [3, text],
    name: [4, text],
    type: [5 + shift, text],
    format: [6 + shift, text],
    default: [9 + shift, any],
    uniqueItems: [19 + shift, flag],
  }) as const;

const pathParameter = nested(extensible(parameterFields(0), 22));
const queryParameter = nested(extensible(parameterFields(1), 23));

const nonBodyParameter = nested((out, value) =>
  (value as { in: string }).in === "path" ? pathParameter(out, 4, value) : queryParameter(out, 3, value),
);

const parameter = nested((out, value) =>
  (value as { in: string }).in === "body" ? bodyParameter(out, 1, value) : nonBodyParameter(out, 2, value),
);

/** `ParametersItem`, `ResponseValue` and `SchemaItem`: there might be a reference or a file in place of it. */
const inPlace = (write: Write): Write => wrapped(write);

const parameters = repeated(inPlace(parameter));
const response = nested(extensible({ description: [1, text], schema: [2, inPlace(schema)] }, 5));

const operation = nested(
  extensible(
    {
      tags: [1, texts],
      summary: [2, text],
      description: [3, text],
      operationId: [5, text],
      produces: [6, texts],
      consumes: [7, texts],
      parameters: [8, parameters],
      responses: [9, mapOf(inPlace(response))],
      deprecated: [11, flag],
    },
    13,
  ),
);

const pathItem = nested(
  fields({
    get: [2, operation],
    put: [3, operation],
    post: [4, operation],
    delete: [5, operation],
    patch: [8, operation],
    parameters: [9, parameters],
  }),
);

export const pathEntries: Content = (out, value) => members(pathItem)(out, 2, value);
export const schemaEntries: Content = (out, value) => members(schema)(out, 1, value);

const documentInfo = nested(extensible({ title: [1, text], version: [2, text] }, 7));

/** `Document`, around entries that have been written. */
export const document = ({ info, paths, schemas }: DocumentParts): Buffer =>
  bytesOf((out) => {
    out.messageField(9, () => out.raw(schemas));
    out.messageField(8, () => out.raw(paths));
    documentInfo(out, 2, info);
    text(out, 1, SWAGGER);
  });
