import type { Kind } from "../../apis/kind.ts";

/** A schema as the kinds are written, as far as the generators look at it. */
export interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly string[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  items?: Schema;
  anyOf?: readonly Schema[];
  patternProperties?: Record<string, Schema>;
  [keyword: string]: unknown;
}

export const schemaOf = (kind: Kind): Schema => kind.schema as unknown as Schema;

/** What a writer must give: schemas also list fields with a default, since a stored object has them. */
export const requiredOf = ({ required = [], properties = {} }: Schema): string[] =>
  required.filter((name) => properties[name]?.default === undefined);

/** What the values of a map are, and what their names must match (undefined: anything). */
export function mapOf({ patternProperties = {} }: Schema): { values: Schema; names?: string } | undefined {
  const [entry] = Object.entries(patternProperties);
  if (!entry) return undefined;
  const [names, values] = entry;
  return names === "^.*$" ? { values } : { values, names };
}
