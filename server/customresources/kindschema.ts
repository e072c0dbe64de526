import type { JsonSchema } from "../../apis/apiextensions/index.ts";
import type { Kind } from "../../apis/kind.ts";
import type { Checked, KindSchema } from "../admission/schema.ts";
import { defaulted, Problems, pruned, validate } from "./structural/index.ts";

type Fields = Record<string, unknown>;

/** How objects of a kind with a structural schema are pruned, filled in and checked. Nothing is compiled beforehand. */
export function structuralSchema({ schema, custom }: Kind): KindSchema {
  const structural = schema as unknown as JsonSchema;
  return {
    prune: (fields, unknown) => pruned(fields, structural, { path: "", unknown }) as Fields,
    check(fields, { metadata, current }: Checked = {}) {
      Object.assign(fields, defaulted(fields, structural));
      const problems = new Problems();
      validate(fields, structural, { path: "", old: current, problems });
      if (custom?.metadata && metadata)
        validate(metadata, custom.metadata as JsonSchema, {
          path: "metadata",
          old: current?.metadata,
          problems,
        });
      return [...problems.all];
    },
  };
}
