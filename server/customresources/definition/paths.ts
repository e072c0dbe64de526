import type { DefinedVersion, JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { columnPathProblem } from "../../table/index.ts";
import { duplicate, invalidValue, required, tooMany } from "../structural/index.ts";

type Column = NonNullable<DefinedVersion["additionalPrinterColumns"]>[number];
type Scale = NonNullable<NonNullable<DefinedVersion["subresources"]>["scale"]>;

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

const oneOf = (all: readonly string[]) => `must be one of ${all.join(",")}`;

export function columnProblems({ name, type, format, jsonPath }: Column, path: string): FieldError[] {
  const problems: FieldError[] = [];
  if (name === "") problems.push(required(`${path}.name`));
  if (!COLUMN_TYPES.includes(type)) problems.push(invalidValue(`${path}.type`, type, oneOf(COLUMN_TYPES)));
  if (format && !COLUMN_FORMATS.includes(format))
    problems.push(invalidValue(`${path}.format`, format, oneOf(COLUMN_FORMATS)));
  if (jsonPath === "") return [...problems, required(`${path}.jsonPath`)];
  const problem = jsonPath.startsWith(".")
    ? columnPathProblem(jsonPath)
    : "must be a simple json path starting with .";
  return problem ? [...problems, invalidValue(`${path}.jsonPath`, jsonPath, problem)] : problems;
}

export function scaleProblems(scale: Scale | undefined, path: string): FieldError[] {
  if (!scale) return [];
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  return [
    ...below([".spec."], specReplicasPath, `${path}.specReplicasPath`),
    ...below([".status."], statusReplicasPath, `${path}.statusReplicasPath`),
    ...(labelSelectorPath
      ? below([".spec.", ".status."], labelSelectorPath, `${path}.labelSelectorPath`)
      : []),
  ];
}

const DOTTED = /^(\.[^.[\]\s]+)+$/;

function below(parents: readonly string[], jsonPath: string, field: string): FieldError[] {
  if (jsonPath === "") return [required(field)];
  if (!jsonPath.startsWith("."))
    return [invalidValue(field, jsonPath, "must be a simple json path starting with .")];
  if (!DOTTED.test(jsonPath))
    return [invalidValue(field, jsonPath, "must be a json path in the dot notation")];
  if (parents.some((parent) => jsonPath.startsWith(parent))) return [];
  const names = parents.map((parent) => parent.slice(0, -1));
  const where = names.length > 1 ? `either ${names.join(" or ")}` : names.join();
  return [invalidValue(field, jsonPath, `should be a json path under ${where}`)];
}

const MAX_SELECTABLE = 8;
const SELECTABLE_TYPES = ["string", "boolean", "integer"];

export function selectableProblems(
  fields: NonNullable<DefinedVersion["selectableFields"]>,
  root: JsonSchema,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  const problems = fields.flatMap(({ jsonPath }, i) => {
    const field = `${path}[${i}].jsonPath`;
    const isTwice = seen.has(jsonPath);
    seen.add(jsonPath);
    if (jsonPath === "") return [required(field)];
    return isTwice ? [duplicate(field, jsonPath)] : selectableProblem(jsonPath, root, field);
  });
  return seen.size > MAX_SELECTABLE ? [...problems, tooMany(path, seen.size, MAX_SELECTABLE)] : problems;
}

function selectableProblem(jsonPath: string, root: JsonSchema, field: string): FieldError[] {
  const problem = (why: string) => [invalidValue(field, jsonPath, why)];
  if (!DOTTED.test(jsonPath)) return problem("is an invalid path: must be a json path in the dot notation");
  const steps = jsonPath.slice(1).split(".");
  if (steps[0] === "metadata") return problem("must not point to fields in metadata");
  let schema: JsonSchema | undefined = root;
  for (const step of steps) {
    schema =
      schema.properties && Object.hasOwn(schema.properties, step) ? schema.properties[step] : undefined;
    if (!schema) return problem(`is an invalid path: does not refer to a valid field`);
  }
  return SELECTABLE_TYPES.includes(schema.type ?? "")
    ? []
    : problem(
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
      );
}
