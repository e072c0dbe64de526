import type { Expr } from "./ast.ts";

/** How many variables and bodies each macro may have. */
const MACROS: Readonly<Record<string, readonly (readonly [variables: number, bodies: number])[]>> = {
  all: [
    [1, 1],
    [2, 1],
  ],
  exists: [
    [1, 1],
    [2, 1],
  ],
  exists_one: [[1, 1]],
  existsOne: [
    [1, 1],
    [2, 1],
  ],
  map: [
    [1, 1],
    [1, 2],
  ],
  filter: [[1, 1]],
  transformList: [
    [2, 1],
    [2, 2],
  ],
  transformMap: [
    [2, 1],
    [2, 2],
  ],
  optMap: [[1, 1]],
  optFlatMap: [[1, 1]],
};

/** Functions with a name of two parts, of which the first is no value. */
const NAMESPACED = new Set(
  (
    "sets.contains sets.equivalent sets.intersects optional.of optional.none optional.ofNonZeroValue ip.isCanonical " +
    "math.greatest math.least strings.quote format.named format.dns1123Label format.dns1123Subdomain " +
    "format.dns1035Label format.qualifiedName format.dns1123LabelPrefix format.dns1123SubdomainPrefix " +
    "format.dns1035LabelPrefix format.labelValue format.uri format.uuid format.byte format.date format.datetime"
  ).split(" "),
);

/**
 * What a call is: a macro, a function in a namespace, a method, or a function.
 *
 * @throws SyntaxError for a macro with other arguments than it has.
 */
export function macroOf(name: string, target: Expr | undefined, args: readonly Expr[]): Expr {
  if (!target) return name === "has" ? hasOf(args) : { kind: "call", name, target, args };
  const full = target.kind === "name" ? `${target.name}.${name}` : "";
  if (NAMESPACED.has(full)) return { kind: "call", name: full, target: undefined, args };
  const shapes = Object.hasOwn(MACROS, name) ? MACROS[name]! : [];
  const shape = shapes.find(
    ([variables, bodies]) => args.length === variables + bodies && areNames(args.slice(0, variables)),
  );
  if (!shape) {
    if (shapes.length > 0) throw new SyntaxError(`${name}() takes a variable and an expression`);
    return { kind: "call", name, target, args };
  }
  const [count] = shape;
  const variables = args.slice(0, count).map((one) => (one as Expr & { kind: "name" }).name);
  return { kind: "macro", name, over: target, variables, bodies: args.slice(count) };
}

// Where two shapes have as many arguments, the one that takes names for variables is meant.
const areNames = (args: readonly Expr[]): boolean => args.every(({ kind }) => kind === "name");

function hasOf(args: readonly Expr[]): Expr {
  const [field] = args;
  if (args.length !== 1 || field?.kind !== "select") throw new SyntaxError("invalid argument to has() macro");
  return { ...field, kind: "has" };
}
