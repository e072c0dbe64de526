import { bytesOf } from "../codec/protobuf/write.ts";
import { type DocumentParts, OPENAPI, SWAGGER } from "./document.ts";
import * as protobuf2 from "./protobuf/v2.ts";
import * as protobuf3 from "./protobuf/v3.ts";
import { mapValues, type Schema } from "./schema.ts";
import { swaggerPathOf } from "./swagger.ts";
import { swaggerSchemaOf } from "./swaggerschema.ts";

type Members = Readonly<Record<string, Schema>>;

/**
 * One of the ways in which a document can be sent. Each can write members of `paths` and of the schemas by
 * themselves, so that those of a kind are made once, whatever other kinds come and go.
 */
export interface Form {
  readonly contentType: string;
  pathEntries(paths: Members): Buffer;
  schemaEntries(schemas: Members): Buffer;
  document(parts: DocumentParts): Buffer;
}

const PROTO_OPENAPI = "application/com.github.proto-openapi.spec";

export const OPENAPI_JSON: Form = {
  contentType: "application/json",
  pathEntries: jsonEntries,
  schemaEntries: jsonEntries,
  document: (parts) =>
    jsonDocument(parts, {
      head: `{"openapi":"${OPENAPI}","info":${JSON.stringify(parts.info)},"paths":{`,
      between: '},"components":{"schemas":{',
      tail: "}}}",
    }),
};

const OPENAPI_PROTOBUF: Form = {
  contentType: `${PROTO_OPENAPI}.v3.v1.0+protobuf`,
  pathEntries: (paths) => bytesOf(protobuf3.pathEntries, paths),
  schemaEntries: (schemas) => bytesOf(protobuf3.schemaEntries, schemas),
  document: protobuf3.document,
};

const SWAGGER_JSON: Form = {
  contentType: "application/json",
  pathEntries: (paths) => jsonEntries(mapValues(paths, swaggerPathOf)),
  schemaEntries: (schemas) => jsonEntries(mapValues(schemas, swaggerSchemaOf)),
  document: (parts) =>
    jsonDocument(parts, {
      head: `{"swagger":"${SWAGGER}","info":${JSON.stringify(parts.info)},"paths":{`,
      between: '},"definitions":{',
      tail: "}}",
    }),
};

const SWAGGER_PROTOBUF: Form = {
  contentType: `${PROTO_OPENAPI}.v2.v1.0+protobuf`,
  pathEntries: (paths) => bytesOf(protobuf2.pathEntries, mapValues(paths, swaggerPathOf)),
  schemaEntries: (schemas) => bytesOf(protobuf2.schemaEntries, mapValues(schemas, swaggerSchemaOf)),
  document: protobuf2.document,
};

/** By what clients ask for, the default first. They write `@v1.0` for what is then called `.v1.0`. */
export type Forms = Readonly<Record<string, Form>>;

export const OPENAPI_FORMS: Forms = {
  "application/json": OPENAPI_JSON,
  [`${PROTO_OPENAPI}.v3@v1.0+protobuf`]: OPENAPI_PROTOBUF,
  [`${PROTO_OPENAPI}.v3.v1.0+protobuf`]: OPENAPI_PROTOBUF,
};
export const SWAGGER_FORMS: Forms = {
  "application/json": SWAGGER_JSON,
  [`${PROTO_OPENAPI}.v2@v1.0+protobuf`]: SWAGGER_PROTOBUF,
  [`${PROTO_OPENAPI}.v2.v1.0+protobuf`]: SWAGGER_PROTOBUF,
};

/** Members of a JSON object, without the braces around them. */
function jsonEntries(members: Members): Buffer {
  return Buffer.from(JSON.stringify(members).slice(1, -1));
}

const jsonDocument = (
  { paths, schemas }: DocumentParts,
  text: Readonly<Record<"head" | "between" | "tail", string>>,
): Buffer =>
  Buffer.concat([
    Buffer.from(text.head),
    ...separated(paths),
    Buffer.from(text.between),
    ...separated(schemas),
    Buffer.from(text.tail),
  ]);

const COMMA = Buffer.from(",");

const separated = (entries: readonly Buffer[]): Buffer[] =>
  entries.filter(({ length }) => length > 0).flatMap((entry, i) => (i ? [COMMA, entry] : [entry]));
