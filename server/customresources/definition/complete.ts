import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import { type Problems, required } from "../structural/index.ts";

/** A schema in the core, and one in a junctor that narrows it down. */
interface Pair {
  readonly core: JsonSchema | undefined;
  readonly corePath: string;
  readonly nested: JsonSchema;
  readonly nestedPath: string;
}

/**
 * Finds fields and items that allOf, anyOf, oneOf or not at the root speak of, and that the core of the schema does not
 * have. Those further down are not looked at, as in Kubernetes: well-known definitions would not pass.
 */
export const checkCompleteness = (root: JsonSchema, path: string, problems: Problems): void =>
  checkJunctors({ core: root, corePath: path, nested: root, nestedPath: path }, problems);

function checkJunctors(pair: Pair, problems: Problems): void {
  const { allOf = [], anyOf = [], oneOf = [], not } = pair.nested;
  if (not) checkNested({ ...pair, nested: not, nestedPath: `${pair.nestedPath}.not` }, problems);
  for (const [keyword, all] of Object.entries({ allOf, anyOf, oneOf }))
    for (const [i, nested] of all.entries())
      checkNested({ ...pair, nested, nestedPath: `${pair.nestedPath}.${keyword}[${i}]` }, problems);
}

function checkNested(pair: Pair, problems: Problems): void {
  const { core, corePath, nested, nestedPath } = pair;
  if (problems.isFull) return;
  if (!core) return problems.add(required(corePath, `because it is defined in ${nestedPath}`));
  checkJunctors(pair, problems);
  const { items, properties = {} } = nested;
  for (const [name, one] of Object.entries(properties)) {
    const own = core.properties && Object.hasOwn(core.properties, name) ? core.properties[name] : undefined;
    const at = `.properties[${name}]`;
    checkNested({ core: own, corePath: corePath + at, nested: one, nestedPath: nestedPath + at }, problems);
  }
  if (!items) return;
  const at = ".items";
  checkNested(
    { core: core.items, corePath: corePath + at, nested: items, nestedPath: nestedPath + at },
    problems,
  );
}
