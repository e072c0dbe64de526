import type { Expr, Macro } from "./ast.ts";
import type { Spend } from "../work.ts";
import { EvaluationError } from "./errors.ts";
import { numberIn } from "./equality.ts";
import { functionOf } from "./library/index.ts";
import { evaluateMacro } from "./loops.ts";
import {
  CelMap,
  entryOf,
  isList,
  isMap,
  itemAt,
  JsonMap,
  lengthOf,
  Optional,
  TypeName,
  typeNameOf,
  TYPES,
  Uint,
  type Value,
} from "./values.ts";

/** What names stand for, innermost first. */
export interface Scope {
  readonly spend: Spend;
  readonly variables: Readonly<Record<string, Value>>;
}

/**
 * The value of an expression.
 *
 * @throws EvaluationError, or TooCostlyError if `spend` does.
 */
export function evaluate(expr: Expr, scope: Scope): Value {
  scope.spend(1);
  switch (expr.kind) {
    case "literal":
      return expr.value;
    case "name":
      return variable(expr.name, scope);
    case "select":
      return selected(expr, evaluate(expr.of, scope));
    case "has":
      return isThere(expr, evaluate(expr.of, scope));
    case "index":
      return indexed(expr, evaluate(expr.of, scope), evaluate(expr.key, scope));
    case "call":
      return call(expr, scope);
    case "list":
      return list(expr, scope);
    case "map":
      return map(expr, scope);
    case "and":
      return junction(expr, scope, false);
    case "or":
      return junction(expr, scope, true);
    case "condition":
      return evaluate(truth(evaluate(expr.test, scope)) ? expr.yes : expr.no, scope);
    case "macro":
      return macro(expr, scope);
  }
}

const macro = (expr: Macro, scope: Scope): Value =>
  evaluateMacro(expr, evaluate(expr.over, scope), {
    spend: scope.spend,
    body: (index, values) =>
      evaluate(expr.bodies[index]!, {
        ...scope,
        variables: { ...scope.variables, ...named(expr.variables, values) },
      }),
  });

const named = (names: readonly string[], values: readonly Value[]): Record<string, Value> =>
  Object.fromEntries(names.map((name, i) => [name, values[i]!]));

function variable(name: string, { variables }: Scope): Value {
  if (Object.hasOwn(variables, name)) return variables[name]!;
  if (TYPES.has(name)) return new TypeName(name);
  throw new EvaluationError(`undeclared reference to '${name}'`);
}

/** @throws EvaluationError for what is no truth value. */
export function truth(value: Value): boolean {
  if (typeof value === "boolean") return value;
  throw new EvaluationError(`no such overload: a bool is needed, not ${typeNameOf(value)}`);
}

/** Whatever decides it may come first or last: an error on one side is no matter if the other side decides. */
function junction({ left, right }: Expr & { kind: "and" | "or" }, scope: Scope, decisive: boolean): Value {
  let failure: unknown;
  for (const side of [left, right]) {
    try {
      if (truth(evaluate(side, scope)) === decisive) return decisive;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      failure ??= error;
    }
  }
  if (failure) throw failure;
  return !decisive;
}

type Select = Expr & { kind: "select" | "has" };

function selected({ field, optional }: Select, of: Value): Value {
  if (of instanceof Optional || optional) return optionally(of, (value) => fieldIn(value, field));
  const found = fieldIn(of, field);
  if (found === undefined) throw new EvaluationError(`no such key: ${field}`);
  return found;
}

function isThere({ field }: Select, of: Value): boolean {
  const value = of instanceof Optional ? of.value : of;
  return value !== undefined && fieldIn(value, field) !== undefined;
}

/** Undefined for what is not there. */
function fieldIn(value: Value, field: string): Value | undefined {
  if (value instanceof JsonMap) return value.field(field);
  if (value instanceof CelMap) return value.get(field);
  throw new EvaluationError(`no such overload: ${typeNameOf(value)} has no field '${field}'`);
}

function optionally(of: Value, find: (value: Value) => Value | undefined): Optional {
  const value = of instanceof Optional ? of.value : of;
  const found = value === undefined || value === null ? undefined : find(value);
  return found === undefined ? Optional.NONE : new Optional(found);
}

function indexed({ optional }: Expr & { kind: "index" }, of: Value, key: Value): Value {
  if (of instanceof Optional || optional) return optionally(of, (value) => itemIn(value, key));
  const found = itemIn(of, key);
  if (found !== undefined) return found;
  if (isList(of)) throw new EvaluationError(`index out of bounds: ${shownKey(key)}`);
  throw new EvaluationError(`no such key: ${shownKey(key)}`);
}

const shownKey = (key: Value): string =>
  typeof key === "string" ? key : `${numberIn(key) ?? typeNameOf(key)}`;

function itemIn(of: Value, key: Value): Value | undefined {
  if (isMap(of)) return entryOf(of, key);
  if (!isList(of)) throw new EvaluationError(`no such overload: ${typeNameOf(of)} has no items`);
  const index = Number(key instanceof Uint ? key.value : key);
  if (!Number.isInteger(index)) throw new EvaluationError("an index must be a whole number");
  return index >= 0 && index < lengthOf(of) ? itemAt(of, index) : undefined;
}

function call({ name, target, args }: Expr & { kind: "call" }, scope: Scope): Value {
  const run = functionOf(name);
  if (!run) throw new EvaluationError(`undeclared reference to '${name}'`);
  const values = [...(target ? [target] : []), ...args].map((arg) => evaluate(arg, scope));
  for (const value of values) if (typeof value === "string") scope.spend(value.length / 50);
  return run(values, scope.spend);
}

function list({ items }: Expr & { kind: "list" }, scope: Scope): Value {
  return items.flatMap(({ value, optional }) => {
    const item = evaluate(value, scope);
    if (!optional) return [item];
    return item instanceof Optional && item.value !== undefined ? [item.value] : [];
  });
}

function map({ entries }: Expr & { kind: "map" }, scope: Scope): Value {
  const result = new CelMap();
  for (const { key, value, optional } of entries) {
    const [name, entry] = [evaluate(key, scope), evaluate(value, scope)];
    if (!optional) result.set(name, entry);
    else if (entry instanceof Optional && entry.value !== undefined) result.set(name, entry.value);
  }
  return result;
}
