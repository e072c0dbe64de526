import type { JsonSchema } from "../../../apis/apiextensions/index.ts";
import type { FieldError } from "../../../apis/errors.ts";
import { required } from "../structural/index.ts";

/** A schema in the core, and one in a junctor that narrows it down. */
interface Pair {
  readonly core: JsonSchema | undefined;
  readonly corePath: string;
  readonly nested: JsonSchema;
  readonly nestedPath: string;
}

/**
 * Fields and items that allOf, anyOf, oneOf or not at the root speak of, and that the core of the schema does not have.
 * Those further down are not looked at, as in Kubernetes: well-known definitions would not pass.
 */
export const completenessProblems = (root: JsonSchema, path: string): FieldError[] =>
  ofJunctors({ core: root, corePath: path, nested: root, nestedPath: path });

function ofJunctors(pair: Pair): FieldError[] {
  const { allOf = [], anyOf = [], oneOf = [], not } = pair.nested;
  const listed = Object.entries({ allOf, anyOf, oneOf }).flatMap(([keyword, all]) =>
    all.map((nested, i) => ({ ...pair, nested, nestedPath: `${pair.nestedPath}.${keyword}[${i}]` })),
  );
  const negated = not ? [{ ...pair, nested: not, nestedPath: `${pair.nestedPath}.not` }] : [];
  return [...negated, ...listed].flatMap(ofNested);
}

function ofNested(pair: Pair): FieldError[] {
  const { core, corePath, nested, nestedPath } = pair;
  if (!core) return [required(corePath, `because it is defined in ${nestedPath}`)];
  const { items, properties = {} } = nested;
  const children: Pair[] = Object.entries(properties).map(([name, one]) => ({
    core: core.properties && Object.hasOwn(core.properties, name) ? core.properties[name] : undefined,
    corePath: `${corePath}.properties[${name}]`,
    nested: one,
    nestedPath: `${nestedPath}.properties[${name}]`,
  }));
  if (items)
    children.push({
      core: core.items,
      corePath: `${corePath}.items`,
      nested: items,
      nestedPath: `${nestedPath}.items`,
    });
  return [...ofJunctors(pair), ...children.flatMap(ofNested)];
}
