import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { FieldError } from "../../apis/errors.ts";
import type { Kind } from "../../apis/kind.ts";
import type { KubeObject, ObjectMeta } from "../../apis/meta.ts";
import { structuralSchema } from "../customresources/kindschema.ts";
import { fieldErrorsOf } from "./fielderrors.ts";
import { formats, INT32 } from "./formats.ts";
import { prune, type Schema } from "./prune.ts";

/** Stops at the first mistake: a body of a million mistakes must not become a million errors. */
const quick = createAjv(false);
/** People want to know all of what they wrote themselves. */
const thorough = createAjv(true);
const MAX_THOROUGH = 10_000;

function createAjv(allErrors: boolean): Ajv {
  const ajv = new Ajv({ useDefaults: true, allErrors, verbose: true, strictTypes: false });
  ajv.addVocabulary([
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
  ]);
  for (const [name, validate] of Object.entries(formats)) ajv.addFormat(name, validate);
  ajv.addFormat(INT32, { type: "number", validate: (value: number) => (value | 0) === value });
  return ajv;
}

/** Everything of an object but apiVersion, kind and metadata. */
type Fields = Record<string, unknown>;

/** Checks objects of one kind; built when the first object of it comes. */
export interface KindSchema {
  /** A copy with only known fields; the paths of the others go to `unknown`. */
  prune(fields: Fields, unknown: string[]): Fields;
  /** Fills in defaults, in place, and says what is wrong. */
  check(fields: Fields, checked?: Checked): FieldError[];
}

/** The rest of what is checked. */
export interface Checked {
  metadata?: ObjectMeta;
  /** The object as it is stored. */
  current?: KubeObject | undefined;
}

const compiled = new WeakMap<Kind, KindSchema>();

export function schemaOf(kind: Kind): KindSchema {
  let schema = compiled.get(kind);
  if (!schema) compiled.set(kind, (schema = kind.custom ? structuralSchema(kind) : compile(kind)));
  return schema;
}

function compile(kind: Kind): KindSchema {
  // A plain copy: what typebox knows about its schemas is of no use here, and ajv refuses keywords it does not know.
  const schema = JSON.parse(JSON.stringify(kind.schema)) as Schema;
  closeMaps(schema);
  let [isValid, findAll]: ValidateFunction[] = [];
  return {
    prune: (fields, unknown) => prune(fields, schema, { path: "", unknown, root: schema }) as Fields,
    check(fields) {
      isValid ??= quick.compile(schema);
      if (isValid(fields)) return [];
      if (sizeOf(fields) > MAX_THOROUGH) return fieldErrorsOf(isValid.errors as ErrorObject[]);
      findAll ??= thorough.compile(schema);
      findAll(fields);
      return fieldErrorsOf(findAll.errors as ErrorObject[]);
    },
  };
}

/** How many values there are, or more than `MAX_THOROUGH`. */
function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  let size = 1;
  for (const child of Object.values(value)) {
    size += sizeOf(child);
    if (size > MAX_THOROUGH) break;
  }
  return size;
}

/** Makes a key that breaks the pattern of its map an error, at every depth. */
function closeMaps(schema: Schema): void {
  const { properties, patternProperties, definitions, items, anyOf } = schema;
  if (patternProperties) Object.assign(schema, { additionalProperties: false });
  const maps = [properties, patternProperties, definitions].flatMap((map) => Object.values(map ?? {}));
  for (const child of [...maps, ...(items ? [items] : []), ...(anyOf ?? [])]) closeMaps(child);
}
