import type { OpenApi } from "./documents.ts";
import type { Parameter } from "./parameters.ts";
import type { Schema } from "./schema.ts";

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);
/** Keywords of OpenAPI 3 that Swagger 2 does not know. */
const UNKNOWN = new Set(["anyOf", "oneOf", "nullable"]);

/** The same API as Swagger 2.0, for clients that know no better. */
export const swaggerOf = ({ info, paths, components }: OpenApi): Schema => ({
  swagger: "2.0",
  info,
  paths: mapValues(paths, pathItemOf),
  definitions: mapValues(components.schemas, (schema) => downgrade(schema) as Schema),
});

function pathItemOf(item: Schema): Schema {
  return mapValues(item, (value, key) =>
    METHODS.has(key) ? operationOf(value as Operation) : (value as Parameter[]).map(parameterOf),
  );
}

type Content = Record<string, { schema: Schema }>;
interface Operation extends Schema {
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content: Content }>;
}

function operationOf({ parameters = [], requestBody, responses, ...rest }: Operation): Schema {
  const body = requestBody && bodyOf(requestBody);
  return {
    ...rest,
    ...(requestBody && { consumes: Object.keys(requestBody.content) }),
    produces: [...new Set(Object.values(responses).flatMap(({ content }) => Object.keys(content)))],
    parameters: [...(body ? [body] : []), ...parameters.map(parameterOf)],
    responses: mapValues(responses, ({ description, content }) => ({
      description,
      schema: schemaOf(content),
    })),
  };
}

const bodyOf = ({ required, content }: NonNullable<Operation["requestBody"]>): Schema => ({
  name: "body",
  in: "body",
  required,
  schema: schemaOf(content),
});

const parameterOf = ({ schema, ...rest }: Parameter): Schema => ({ ...rest, ...schema });

const schemaOf = (content: Content): unknown => downgrade(Object.values(content)[0]?.schema);

/** The schema in the words of Swagger 2: references lead elsewhere, and unions are left open. */
function downgrade(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(downgrade);
  if (typeof value !== "object" || value === null) return value;
  const { allOf, ...rest } = value as Schema;
  const known = Object.entries(rest).filter(([keyword]) => !UNKNOWN.has(keyword));
  const out = Object.fromEntries(known.map(([keyword, inner]) => [keyword, downgrade(inner)]));
  if (typeof out.$ref === "string") out.$ref = out.$ref.replace("#/components/schemas/", "#/definitions/");
  // Ours is always one reference with a description beside it.
  return Array.isArray(allOf) ? { ...out, ...(downgrade(allOf[0]) as Schema) } : out;
}

const mapValues = <T>(from: Readonly<Record<string, T>>, to: (value: T, key: string) => unknown): Schema =>
  Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value, key)]));
