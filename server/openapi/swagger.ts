import type { Parameter } from "./parameters.ts";
import { mapValues, type Schema } from "./schema.ts";
import { swaggerSchemaOf } from "./swaggerschema.ts";

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);

/** What can be done at a path, as Swagger 2.0 says it. */
export const swaggerPathOf = (item: Schema): Schema =>
  mapValues(item, (value, key) =>
    METHODS.has(key) ? operationOf(value as Operation) : (value as Parameter[]).map(parameterOf),
  );

type Content = Record<string, { schema: Schema }>;
interface Operation extends Schema {
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; content: Content }>;
}

function operationOf({ parameters = [], requestBody, responses, ...rest }: Operation): Schema {
  const all = [...(requestBody ? [bodyOf(requestBody)] : []), ...parameters.map(parameterOf)];
  return {
    ...rest,
    ...(requestBody && { consumes: Object.keys(requestBody.content) }),
    produces: [...new Set(Object.values(responses).flatMap(({ content }) => Object.keys(content)))],
    ...(all.length && { parameters: all }),
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

/** A body has one schema, whatever its type. */
const schemaOf = (content: Content): Schema => swaggerSchemaOf(Object.values(content)[0]!.schema);
