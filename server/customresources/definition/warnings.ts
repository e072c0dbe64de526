import type { CustomResourceDefinition, JsonSchema } from "../../../apis/apiextensions/index.ts";
import { functionsMissingIn } from "../cel/index.ts";
import { formats } from "../structural/index.ts";
import { childrenOf } from "./schema.ts";

/** Formats of numbers are told by their types. */
const OF_NUMBERS = new Set(["int32", "int64", "uint32", "uint64", "float", "double"]);

/** What a definition asks for and will not get: rules that cannot be asked here, and formats that nobody knows. */
export function definitionWarnings({ spec }: CustomResourceDefinition): string[] {
  return spec.versions.flatMap(({ name, schema }) => {
    const unknown = new Set<string>();
    const functions = new Set<string>();
    let rules = 0;
    if (schema?.openAPIV3Schema)
      visit(schema.openAPIV3Schema, (one) => {
        if (one.format && !Object.hasOwn(formats, one.format) && !OF_NUMBERS.has(one.format))
          unknown.add(one.format);
        for (const rule of one["x-kubernetes-validations"] ?? []) {
          const missing = functionsMissingIn(rule);
          for (const each of missing) functions.add(each);
          if (missing.length > 0) rules++;
        }
      });
    return [
      ...[...unknown].map((format) => `version ${name}: unrecognized format "${format}"`),
      ...(rules > 0
        ? [
            `version ${name}: ${rules} of its x-kubernetes-validations are not enforced; they call ${[...functions].join(", ")}`,
          ]
        : []),
    ];
  });
}

function visit(schema: JsonSchema, look: (schema: JsonSchema) => void): void {
  look(schema);
  for (const [child] of childrenOf(schema, "")) visit(child, look);
}
