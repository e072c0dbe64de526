import { failure, usageError } from "../cli/errors.ts";
import { didYouMean } from "../cli/suggest.ts";
import type { Session } from "../connect/session.ts";
import type { ResourceType } from "../resources/types.ts";

/** The part of a JSON Schema that a person reads. */
export interface Schema {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  enum?: unknown[];
  allOf?: Schema[];
  $ref?: string;
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
  "x-kubernetes-int-or-string"?: boolean;
}

/** The schema of a kind, and those that it refers to. */
export interface SchemaDocument {
  root: Schema;
  schemas: Record<string, Schema>;
}

export async function documentFor(session: Session, type: ResourceType): Promise<SchemaDocument> {
  const { paths } = await session.json<{ paths: Record<string, { serverRelativeURL: string }> }>(
    "/openapi/v3",
  );
  const at = type.group ? `apis/${type.group}/${type.version}` : `api/${type.version}`;
  const url = paths[at]?.serverRelativeURL;
  if (!url) throw failure(`the server says nothing about ${at}`);
  const { components } = await session.json<{ components: { schemas: Record<string, Schema> } }>(url);
  const root = Object.values(components.schemas).find((schema) =>
    schema["x-kubernetes-group-version-kind"]?.some(
      ({ group, version, kind }) => group === type.group && version === type.version && kind === type.kind,
    ),
  );
  if (!root) throw failure(`the server says nothing about ${type.kind}`);
  return { root, schemas: components.schemas };
}

/** The schema behind references; its own description comes before that of what it refers to. */
export function resolved(schema: Schema, { schemas }: SchemaDocument): Schema {
  const ref = schema.$ref ?? schema.allOf?.find(({ $ref }) => $ref)?.$ref;
  if (!ref) return schema;
  const target = schemas[ref.split("/").at(-1)!] ?? {};
  const description = [schema.description, target.description].filter(Boolean).join("\n");
  return { ...target, description };
}

/**
 * The schema of a field, given the names that lead to it.
 *
 * @throws CliError with exit code 2 that proposes a name if there is no such field.
 */
export function fieldAt(
  document: SchemaDocument,
  fields: readonly string[],
): { schema: Schema; own: Schema } {
  let own = document.root;
  let schema = document.root;
  for (const [i, name] of fields.entries()) {
    const properties = inside(schema, document).properties ?? {};
    const next = properties[name];
    if (!next) {
      const where = fields.slice(0, i).join(".") || "the object";
      throw usageError(`${where} has no field "${name}"${didYouMean(name, Object.keys(properties))}`);
    }
    own = next;
    schema = resolved(next, document);
  }
  return { schema, own };
}

/** The object that a list holds, or that a field is. */
export function inside(schema: Schema, document: SchemaDocument): Schema {
  const here = resolved(schema, document);
  if (here.items) return inside(here.items, document);
  if (typeof here.additionalProperties === "object") return inside(here.additionalProperties, document);
  return here;
}

/** The definition that a field refers to, itself or by what it holds. */
export function referenceOf(schema: Schema): string | undefined {
  const { items, additionalProperties } = schema;
  if (items) return referenceOf(items);
  if (typeof additionalProperties === "object") return referenceOf(additionalProperties);
  return schema.$ref ?? schema.allOf?.find(({ $ref }) => $ref)?.$ref;
}

/** `<[]string>`, `<map[string]string>`, `<ObjectMeta>` */
export function typeName(schema: Schema): string {
  const ref = schema.$ref ?? schema.allOf?.find(({ $ref }) => $ref)?.$ref;
  if (ref) return ref.split(".").at(-1)!;
  if (schema["x-kubernetes-int-or-string"]) return "IntOrString";
  if (schema.items) return `[]${typeName(schema.items)}`;
  if (typeof schema.additionalProperties === "object") {
    return `map[string]${typeName(schema.additionalProperties)}`;
  }
  if (schema.type === "object" || schema.properties) return "Object";
  return schema.type ?? "any";
}
