import type { CustomResourceDefinition, DefinedVersion } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { duplicate, invalidValue, required } from "../structural/index.ts";
import { TooCostlyError, Work } from "../work.ts";
import { columnProblems, scaleProblems, selectableProblems } from "./paths.ts";
import { labelProblem } from "./names.ts";
import { schemaProblems } from "./schema.ts";

type Spec = CustomResourceDefinition["spec"];

/** What is wrong with the versions, each by itself and all together. */
export function versionsProblems({ versions }: Spec): FieldError[] {
  const path = "spec.versions";
  const work = new Work();
  const names = versions.map(({ name }) => name);
  const problems = versions.flatMap((version, i) => versionProblems(version, `${path}[${i}]`, work));
  if (new Set(names).size < names.length)
    problems.push(invalidValue(path, names, "must contain unique version names"));
  if (versions.filter(({ storage }) => storage).length !== 1)
    problems.push(invalidValue(path, names, "must have exactly one version marked as storage version"));
  return problems;
}

function versionProblems(version: DefinedVersion, path: string, work: Work): FieldError[] {
  const { name, schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = version;
  const problem = labelProblem(name);
  const root = schema?.openAPIV3Schema;
  const schemaPath = `${path}.schema.openAPIV3Schema`;
  return [
    ...(problem ? [invalidValue(`${path}.name`, name, problem)] : []),
    ...deprecationProblems(version, `${path}.deprecationWarning`),
    ...(root
      ? boundedProblems(
          { schema: root, path: schemaPath, hasStatus: subresources?.status !== undefined },
          work,
        )
      : [required(schemaPath, "schemas are required")]),
    ...scaleProblems(subresources?.scale, `${path}.subresources.scale`),
    ...additionalPrinterColumns.flatMap((column, i) =>
      columnProblems(column, `${path}.additionalPrinterColumns[${i}]`),
    ),
    ...selectableProblems(selectableFields, root ?? {}, `${path}.selectableFields`),
  ];
}

function boundedProblems(root: Parameters<typeof schemaProblems>[0], work: Work): readonly FieldError[] {
  try {
    return schemaProblems(root, work);
  } catch (error) {
    if (!(error instanceof TooCostlyError)) throw error;
    return [invalidValue(root.path, "object", "has too many or too large patterns, defaults and rules")];
  }
}

const MAX_WARNING = 256;

function deprecationProblems(
  { deprecated, deprecationWarning }: DefinedVersion,
  field: string,
): FieldError[] {
  if (deprecationWarning === undefined) return [];
  const problem = (why: string) => [invalidValue(field, deprecationWarning, why)];
  if (!deprecated) return problem("can only be set for deprecated versions");
  if (deprecationWarning === "") return problem("must not be an empty string");
  if (deprecationWarning.length > MAX_WARNING) return problem(`must be <= ${MAX_WARNING} characters long`);
  if (/\p{C}/u.test(deprecationWarning)) return problem("must only contain printable UTF-8 characters");
  return [];
}

/** Versions in which objects are stored must stay, or nobody could read them. */
export function storedVersionProblems({ spec, status }: CustomResourceDefinition): FieldError[] {
  const path = "status.storedVersions";
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) return [invalidValue(path, stored, "must have at least one stored version")];
  const storage = spec.versions.find(({ storage }) => storage)?.name;
  const names = new Set(spec.versions.map(({ name }) => name));
  const missing = stored.flatMap((name, i) =>
    names.has(name)
      ? []
      : [
          invalidValue(
            `${path}[${i}]`,
            name,
            `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
          ),
        ],
  );
  const twice = stored.flatMap((name, i) =>
    stored.indexOf(name) < i ? [duplicate(`${path}[${i}]`, name)] : [],
  );
  return storage !== undefined && !stored.includes(storage)
    ? [...missing, ...twice, invalidValue(path, stored, `must have the storage version ${storage}`)]
    : [...missing, ...twice];
}
