import type { JsonSchema } from "../../apis/apiextensions/index.ts";
import type { FieldError } from "../../apis/errors.ts";
import { apiVersionOf, type Kind } from "../../apis/kind.ts";
import type { Checked, KindSchema } from "../admission/schema.ts";
import { checkRules, resourceSchema, resourceValue } from "./cel/index.ts";
import { defaulted, invalidValue, Problems, pruned, validate } from "./structural/index.ts";
import { TooCostlyError } from "./work.ts";

type Fields = Record<string, unknown>;

/** How objects of a kind with a structural schema are pruned, filled in and checked. Nothing is compiled beforehand. */
export function structuralSchema(kind: Kind): KindSchema {
  const schema = kind.schema as unknown as JsonSchema;
  const whole = resourceSchema(schema);
  return {
    prune: (fields, unknown) => pruned(fields, schema, { path: "", unknown }) as Fields,
    check(fields, checked = {}) {
      const problems = new Problems();
      bounded(problems, () => {
        Object.assign(fields, defaulted(fields, schema, problems.work.spend));
        checkSchemas(kind, { fields, ...checked }, problems);
        // Rules may rely on what the schema promises.
        if (problems.count === 0) checkWhole(kind, whole, { fields, ...checked, problems });
      });
      return problems.all.map(placed);
    },
  };
}

/** What would take too long is a problem of the object as well. */
function bounded(problems: Problems, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof TooCostlyError)) throw error;
    problems.add(invalidValue("", "object", "to check it against its definition would take too long"));
  }
}

interface Subject extends Checked {
  fields: Fields;
}

function checkSchemas(
  { schema, custom }: Kind,
  { fields, metadata, current }: Subject,
  problems: Problems,
): void {
  validate(fields, schema as unknown as JsonSchema, { path: "", old: current, problems });
  if (!custom?.metadata || !metadata) return;
  const old = current?.metadata;
  validate(metadata, custom.metadata as JsonSchema, { path: "metadata", old, problems });
}

interface Whole extends Subject {
  problems: Problems;
}

function checkWhole(kind: Kind, schema: JsonSchema, { fields, metadata, current, problems }: Whole): void {
  const object = {
    ...fields,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: metadata ?? { name: "" },
  };
  const old = current && resourceValue(current);
  checkRules(resourceValue(object), schema, { path: "", old, problems });
}

/** The object itself is at no field. */
const placed = (error: FieldError): FieldError => (error.field === "" ? { ...error, field: "<nil>" } : error);
